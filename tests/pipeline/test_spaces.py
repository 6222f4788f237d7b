"""Every space goes through the same nine stages: metrics with floor and baseline, report, model, samples, resume."""

import base64
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, ErrorCode
from mlflow.pyfunc.model import PythonModelContext
from PIL import Image, ImageSequence
from workspaces import STAGES, WHOLE, Sections, no_store_named, run_stages, write_params

from nashgan.commands.sample import sample_files
from nashgan.data import moving_digits, sines
from nashgan.features import series_predictor
from nashgan.models.generator import load_generator
from nashgan.records.paths import Paths
from nashgan.records.registration import read_registration
from nashgan.runtime.files import sha256
from nashgan.spaces.space import Space
from nashgan.spaces.text import TextSpace
from nashgan.tracking.serving import COLUMNS, ServedGenerator
from nashgan.training.checkpoint import Checkpoints

BEFORE_TRAINING = STAGES[: STAGES.index("train")]
FEW = 640  # of the thousands of clips and series that are made
POINTS = {"jsd", "sliced_wasserstein"}
MODES = {"modes", "high_quality", "reverse_kl"}
SINES = {"frequency_distance", "amplitude_distance", "sine_residual"}
CASES: dict[str, tuple[str, Sections, set[str]]] = {  # dataset, its parameters, metrics that it must have
    "minimax": (
        "gaussian1d",
        {"objective": {"loss": "minimax", "penalty": "none", "d_steps": 2}},
        {*POINTS, *MODES, "d_error", "game_value"},
    ),
    "plane": ("ring8", {}, {*POINTS, *MODES}),
    "text": ("names", {}, {"distinct", "novel", *(f"ngram_jsd_{order}" for order in range(1, 5))}),
    "series": (
        "sines",
        {},
        {"spectrum_distance", "autocorrelation_distance", "marginal_distance", "predictive_score", *SINES},
    ),
    "video": (
        "moving_digits",
        {"classifier": {"images": 1280}, "model": {"latent": 8}, "train": {**WHOLE["train"], "images": 256}},
        {"frame_fcd", "motion_distance", "identity", "memorisation_pixels"},
    ),
}


@pytest.fixture(scope="module", params=CASES)
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Paths, str]]:
    """A workspace after all stages. A copy from before the training is beside it."""
    case: str = request.param
    dataset, changes, _ = CASES[case]
    paths = write_params(tmp_path_factory.mktemp(case) / "whole", WHOLE, changes, {"data": {"name": dataset}})
    with no_store_named() as patch:
        patch.chdir(paths.root)
        patch.setattr(moving_digits, "CLIPS", FEW)
        patch.setattr(sines, "COUNT", FEW)
        patch.setattr(series_predictor, "STEPS", 20)
        run_stages(paths, BEFORE_TRAINING)
        shutil.copytree(paths.root, paths.root.with_name("broken"))
        run_stages(paths, STAGES[len(BEFORE_TRAINING) :])
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
    plural = load_generator(paths.generator).space.plural
    assert f"{plural} seen in" in page and f"against {plural} seen." in page
    assert [name for name in CASES[case][2] if name not in page and name.replace("_", " ") not in page] == []
    assert "not compared" not in page.lower() or "Git repository" in page


def test_the_model_is_registered_and_answers_in_its_kind(done: tuple[Paths, str]) -> None:
    paths, _ = done
    assert read_registration(paths.registration).version == "1"
    model = ServedGenerator()
    context = PythonModelContext({"generator": str(paths.generator)}, {})  # type: ignore[no-untyped-call]
    model.load_context(context)
    generator, column = load_generator(paths.generator), COLUMNS[model.generator.space.media]
    answer = model.predict(context, pd.DataFrame({"seed": [3], "count": [2]}))
    assert list(answer.columns) == ["seed", "index", column]
    for text, example in zip(answer[column], generator.sample(3, 2), strict=True):
        assert np.array_equal(read(text, column), shown(generator.space, example))
    classes = generator.config.classes
    if classes:
        of_one = model.predict(context, pd.DataFrame({"seed": [3], "count": [1], "class": [classes - 1]}))
        (example,) = generator.sample(3, 1, label=classes - 1)
        assert np.array_equal(read(of_one[column][0], column), shown(generator.space, example))
    with pytest.raises(MlflowException, match=f"0 to {classes - 1}" if classes else "not class-conditional") as refused:
        model.predict(context, pd.DataFrame({"seed": [3], "count": [2], "class": [classes]}))
    assert refused.value.error_code == ErrorCode.Name(INVALID_PARAMETER_VALUE)  # the server answers 400


def read(text: str, column: str) -> np.ndarray | str:
    """What a program that asks finds in an answer: a line of text, numbers, or the frames of a GIF."""
    if column == "text":
        return text
    if column == "numbers":
        return np.array([line.split(",") for line in text.splitlines()], np.float32)
    with Image.open(io.BytesIO(base64.b64decode(text)), formats=["GIF"]) as picture:
        return np.stack([np.asarray(frame.convert("L")) for frame in ImageSequence.Iterator(picture)])


def shown(space: Space, example: np.ndarray) -> np.ndarray | str:
    """What an example is to people."""
    if isinstance(space, TextSpace):
        return space.decode(example)
    return example[:, 0] if example.dtype == np.uint8 else example.reshape(1, -1)


def test_samples_are_files_of_their_kind(done: tuple[Paths, str], tmp_path: Path) -> None:
    paths, _ = done
    for out, count in (("few", 3), ("more", 70)):
        sample_files(str(paths.generator), tmp_path / out, count, seed=5)
    few, more = (sorted((tmp_path / out).iterdir()) for out in ("few", "more"))
    if len(few) == 1:  # lines of one file: the first are the same
        assert more[0].read_bytes().startswith(few[0].read_bytes()) and len(few[0].read_bytes().splitlines()) == 3
    else:
        assert [sha256(path) for path in few] == [sha256(path) for path in more[:3]] and len(more) == 70


def test_a_training_that_broke_off_ends_with_the_same_bits(
    done: tuple[Paths, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It breaks off after a checkpoint; tests/reliability kills trainings of images at any moment."""
    paths, case = done
    broken = Paths(paths.root.with_name("broken"))
    write_params(
        broken.root, WHOLE, CASES[case][1], {"data": {"name": CASES[case][0]}, "train": {"checkpoint_every": 64}}
    )
    save = Checkpoints.save

    def save_and_break(self: Checkpoints, *state: Any, **more: Any) -> None:
        save(self, *state, **more)
        if any(self.folder.glob("*128.json")):
            raise RuntimeError("broken off")

    with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="broken off"):
        patch.setattr(Checkpoints, "save", save_and_break)
        run_stages(broken, ["train"])
    assert not broken.generator.exists()
    run_stages(broken, ["train"])
    for name in ("weights.safetensors", "raw.safetensors"):
        assert sha256(broken.generator / name) == sha256(paths.generator / name)
    assert broken.scores.read_bytes() == paths.scores.read_bytes()


def test_clips_play_and_lie_in_rows(done: tuple[Paths, str]) -> None:
    paths, case = done
    if case != "video":
        assert not paths.film.exists()
        return
    assert load_generator(paths.generator).space.format.shape == (16, 1, 32, 32)
    evaluation = json.loads(paths.evaluation.read_text())
    assert list(evaluation)[:2] == ["frame_fcd", "motion_distance"]
    assert evaluation["motion_distance"]["baseline"]["value"] > 3 * evaluation["motion_distance"]["floor"]
    assert evaluation["frame_fcd"]["baseline"]["name"] == "independent frames"
    rows, film = (16 * 33 - 1, 16 * 33 - 1), (8 * 33 - 1, 8 * 33 - 1)  # 16 clips of 16 frames; 64 clips that play
    for path, size in ((paths.grid, rows), (paths.film, film), (paths.nearest / "memorisation_pixels.png", rows)):
        with Image.open(path) as picture:
            assert picture.size == size
