"""Every space goes through the same nine stages: metrics with floor and baseline, report, model, samples, resume."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from mlflow.exceptions import MlflowException
from mlflow.pyfunc.model import PythonModelContext
from workspaces import REPOSITORY, environment

from nashgan.commands.sample import sample_files
from nashgan.params import load_params
from nashgan.records.paths import Paths
from nashgan.records.registration import read_registration
from nashgan.runtime.files import sha256
from nashgan.tracking.serving import COLUMNS, ServedGenerator

Params = dict[str, dict[str, Any]]
STAGES = list(yaml.safe_load((REPOSITORY / "dvc.yaml").read_text())["stages"])
BEFORE_TRAINING = STAGES[: STAGES.index("train")]
TINY: Params = {
    "compute": {"device": "cpu"},
    "classifier": {"images": 128},
    "reference": {"images": 64},
    "model": {"latent": 4, "width": 2},
    "train": {"images": 512, "batch": 16, "log_every": 64, "sample_every": 256, "evaluate_every": 256},
    "generate": {"samples": 64},
    "evaluate": {"seeds": 1},
}
POINTS = {"jsd", "sliced_wasserstein"}
MODES = {"modes", "high_quality", "reverse_kl"}
CASES: dict[str, tuple[str, Params, set[str]]] = {  # dataset, its parameters, metrics that it must have
    "minimax": (
        "gaussian1d",
        {"objective": {"loss": "minimax", "penalty": "none", "d_steps": 2}},
        {*POINTS, *MODES, "d_error", "game_value"},
    ),
    "plane": ("ring8", {}, {*POINTS, *MODES}),
    "text": ("names", {}, {"distinct", "novel", *(f"ngram_jsd_{order}" for order in range(1, 5))}),
    "series": ("sines", {}, {"spectrum_distance", "predictive_score"}),
    "video": ("moving_digits", {"classifier": {"images": 1280}}, {"frame_fcd", "motion_distance", "identity"}),
}


def workspace(root: Path, case: str) -> Paths:
    """A repository's root with the parameters of a case."""
    dataset, changes, _ = CASES[case]
    values: Params = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    for section in {**TINY, **changes}:
        values[section] |= TINY.get(section, {}) | changes.get(section, {})
    values["data"]["name"] = dataset
    root.mkdir(parents=True)
    (root / "params.yaml").write_text(yaml.safe_dump(values, sort_keys=False))
    shutil.copy2(REPOSITORY / "dvc.yaml", root)
    return Paths(root)


def run(paths: Paths, stages: list[str]) -> None:
    for stage in stages:
        import_module(f"nashgan.stages.{stage}").run(paths, load_params(paths.params))


@pytest.fixture(scope="module", params=CASES)
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Paths, str]]:
    """A workspace after all stages. A copy from before the training is beside it."""
    case: str = request.param
    paths = workspace(tmp_path_factory.mktemp(case) / "whole", case)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(paths.root)
        run(paths, BEFORE_TRAINING)
        shutil.copytree(paths.root, paths.root.with_name("killed"))
        run(paths, STAGES[len(BEFORE_TRAINING) :])
        yield paths, case


def test_every_metric_has_a_floor_a_protocol_and_a_baseline(done: tuple[Paths, str]) -> None:
    paths, case = done
    evaluation = json.loads(paths.evaluation.read_text())
    wanted = CASES[case][2]
    assert wanted <= evaluation.keys()
    for name in wanted:
        metric = evaluation[name]
        assert metric["floor"] is not None and metric["protocol"] and metric["samples"] == 64, name
        if name not in ("d_error", "game_value"):  # of the two players: a method without them has none
            assert metric["baseline"]["name"] and metric["baseline"]["value"] is not None, name
    table = json.loads(paths.metrics.read_text())
    assert {name for name in wanted if name in table or name in table.get("samples", {})} == wanted


def test_the_report_names_the_dataset_and_each_metric(done: tuple[Paths, str]) -> None:
    paths, case = done
    page = paths.report.read_text()
    assert f" on {CASES[case][0]}" in page
    assert [name for name in CASES[case][2] if name not in page and name.replace("_", " ") not in page] == []
    assert "not compared" not in page.lower() or "Git repository" in page


def test_the_model_is_registered_and_answers_in_its_kind(done: tuple[Paths, str]) -> None:
    paths, _ = done
    assert read_registration(paths.registration).version == "1"
    model = ServedGenerator()
    context = PythonModelContext({"generator": str(paths.generator)}, {})  # type: ignore[no-untyped-call]
    model.load_context(context)
    answer = model.predict(context, pd.DataFrame({"seed": [3], "count": [2]}))
    column = COLUMNS[model.generator.space.media]
    assert list(answer.columns) == ["seed", "index", column] and all(answer[column].str.len() > 0)
    if not model.generator.config.classes:
        with pytest.raises(MlflowException, match="not class-conditional"):
            model.predict(context, pd.DataFrame({"seed": [3], "count": [2], "class": [1]}))


def test_samples_are_files_of_their_kind(done: tuple[Paths, str], tmp_path: Path) -> None:
    paths, _ = done
    for out, count in (("few", 3), ("more", 70)):
        sample_files(str(paths.generator), tmp_path / out, count, seed=5)
    few, more = (sorted((tmp_path / out).iterdir()) for out in ("few", "more"))
    if len(few) == 1:  # lines of one file: the first are the same
        assert more[0].read_bytes().startswith(few[0].read_bytes()) and len(few[0].read_bytes().splitlines()) == 3
    else:
        assert [sha256(path) for path in few] == [sha256(path) for path in more[:3]] and len(more) == 70


def test_a_killed_training_ends_with_the_same_bits(done: tuple[Paths, str]) -> None:
    paths, _ = done
    killed = Paths(paths.root.with_name("killed"))
    settings = yaml.safe_load(killed.params.read_text())
    settings["train"]["checkpoint_every"] = 16
    killed.params.write_text(yaml.safe_dump(settings, sort_keys=False))
    command = [sys.executable, "-m", "nashgan", "train"]
    training = subprocess.Popen(command, cwd=killed.root, env=environment(), stderr=subprocess.DEVNULL)
    while training.poll() is None and not any(killed.checkpoints.glob("*/*[1-9]*.json")):  # not 000000000000.json
        time.sleep(0.005)
    training.send_signal(signal.SIGKILL)
    assert training.wait() == -signal.SIGKILL, "the training ended before it was killed"
    run(killed, ["train"])
    for name in ("weights.safetensors", "raw.safetensors"):
        assert sha256(killed.generator / name) == sha256(paths.generator / name)
    assert killed.scores.read_bytes() == paths.scores.read_bytes()
