"""The real pipeline, run by DVC in a temporary copy of this repository with tiny parameters."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaml
from mlflow_page import ML, first_screen, mlflow_page
from same_page import check_same_page

from nashgan.commands.card import card_records
from nashgan.commands.sample import sample_files
from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError
from nashgan.stages.train_start import find_start
from nashgan.tracking.model_card import model_card
from nashgan.tracking.promotion import resolve_generator
from nashgan.tracking.store import connect
from nashgan.training.warm_start import FILES, GENERATOR, GENERATOR_CONFIG, RAW

if TYPE_CHECKING:
    from selenium import webdriver

REPOSITORY = Path(__file__).parents[2]
TINY: dict[str, dict[str, object]] = {
    "classifier": {"images": 1280},
    "reference": {"images": 20},
    "model": {"width": 16},
    "train": {"images": 1280, "log_every": 320, "sample_every": 640, "checkpoint_every": 640},
    "generate": {"samples": 20},
    "evaluate": {"seeds": 1},
}
STAGES = ["download", "split", "classifier", "reference", "train", "generate", "evaluate", "register", "report"]

ALL_STAGES = f"""
from importlib import import_module
from nashgan.commands.summary import summary
from nashgan.params import load_params
from nashgan.records.paths import Paths
paths = Paths.find()
for stage in {STAGES}:
    import_module(f"nashgan.stages.{{stage}}").run(paths, load_params(paths.params))
print(summary(paths))
"""  # in one process: `dvc repro` starts nine, which takes most of its time here


class Workspace:
    """A copy of the repository, and its commands."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "MLFLOW_"))
        }
        self.environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.environment["MLFLOW_DISABLE_TELEMETRY"] = "true"

    def run(self, *command: str, status: int = 0) -> str:
        done = subprocess.run(command, cwd=self.root, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == status, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def json(self, path: str) -> Any:
        return json.loads((self.root / path).read_text())

    def stale(self) -> set[str]:
        return set(json.loads(self.run("dvc", "status", "--json")))

    def change(self, section: str, **values: object) -> None:
        path = self.root / "params.yaml"
        params = yaml.safe_load(path.read_text())
        params[section] |= values
        path.write_text(yaml.safe_dump(params, sort_keys=False))


def copy_of_repository(root: Path) -> Workspace:
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (REPOSITORY / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, root / name)
    workspace = Workspace(root)
    for section, values in TINY.items():
        workspace.change(section, **values)
    (root / "dvc.lock").unlink(missing_ok=True)
    shutil.rmtree(root / "reports", ignore_errors=True)
    workspace.run("git", "init", "-q", "-b", "main")
    workspace.run("git", "config", "user.email", "test@example.org")
    workspace.run("git", "config", "user.name", "Test")
    workspace.run("git", "add", "-A")
    workspace.run("git", "commit", "-qm", "start")
    return workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    made = copy_of_repository(tmp_path_factory.mktemp("nashgan"))
    made.run("dvc", "repro")
    made.run("git", "add", "-A")
    made.run("git", "commit", "-qm", "baseline")
    yield made
    shutil.rmtree(made.root)


@pytest.fixture(scope="module")
def idea(workspace: Workspace) -> str:
    """What the run of the experiment mlp-idea said."""
    return workspace.run("dvc", "exp", "run", "--name", "mlp-idea", "-S", "model.name=mlp")


def test_every_stage_wrote_its_outputs(workspace: Workspace) -> None:
    lock = yaml.safe_load((workspace.root / "dvc.lock").read_text())
    assert sorted(lock["stages"]) == sorted(STAGES)
    for stage in lock["stages"].values():
        assert all((workspace.root / out["path"]).exists() for out in stage["outs"])


def test_the_samples_are_scored_against_real_images_with_a_floor(workspace: Workspace) -> None:
    scores = workspace.json("reports/evaluation.json")
    for metric in ("fid", "fcd"):
        assert scores[metric]["value"] > scores[metric]["floor"] > 0
        assert scores[metric]["samples"] == 20
    for part in ("inception:5b79bf1b", "resizer=bilinear-299", "n=20", "real=train:"):
        assert part in scores["fid"]["protocol"]
    assert scores["fcd"]["protocol"].startswith("classifier:")
    samples = np.load(workspace.root / "data/samples/samples.examples.npy")
    assert samples.shape == (20, 1, 32, 32)
    assert samples.dtype == np.uint8


def test_a_second_run_does_nothing_and_quickly(workspace: Workspace) -> None:
    began = time.monotonic()
    assert "up to date" in workspace.run("dvc", "repro")
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("section", "values", "fresh"),
    [
        ("generate", {"seed": 1}, {"classifier", "reference", "train"}),
        ("train", {"seed": 1}, {"download", "split", "classifier", "reference"}),
        ("register", {"name": "other"}, {"train", "generate", "evaluate", "reference"}),
    ],
)
def test_a_parameter_makes_only_its_own_stages_stale(
    workspace: Workspace, section: str, values: dict[str, object], fresh: set[str]
) -> None:
    workspace.change(section, **values)
    try:
        stale = workspace.stale()
    finally:
        workspace.run("git", "checkout", "params.yaml")
    assert stale
    assert not stale & fresh


@pytest.mark.parametrize(
    ("file", "comment", "expected", "fresh"),
    [
        ("runtime/randomness.py", "# a comment\n", {"split", "train", "generate", "evaluate", "report"}, {"none"}),
        ("pages/templates/style.css", "/* a comment */\n", {"report"}, {*STAGES} - {"report"}),
        ("commands/summary.py", "# a comment\n", set(), {*STAGES}),
        ("evaluation/plots.py", "# a comment\n", {"evaluate"}, {*STAGES} - {"evaluate"}),
        ("tracking/upload.py", "# a comment\n", {"register"}, {*STAGES} - {"register"}),
    ],
)
def test_code_makes_only_the_stages_stale_whose_result_depends_on_it(
    workspace: Workspace, file: str, comment: str, expected: set[str], fresh: set[str]
) -> None:
    path = workspace.root / "src" / "nashgan" / file
    before = path.read_text()
    path.write_text(before + comment)
    try:
        stale = workspace.stale()
    finally:
        path.write_text(before)
    assert stale >= expected and not stale & fresh


def test_an_experiment_is_one_mlflow_run_and_one_version_and_dvc_compares_it(workspace: Workspace, idea: str) -> None:
    assert "Running stage 'train'" in idea
    assert "Running stage 'reference'" not in idea

    shown = json.loads(workspace.run("dvc", "exp", "show", "--json"))
    assert "mlp-idea" in json.dumps(shown)
    assert "reports/metrics.json fid " in " ".join(workspace.run("dvc", "metrics", "diff").split())
    assert "model.name" in workspace.run("dvc", "params", "diff")
    assert "failed" not in workspace.run("dvc", "plots", "diff")

    workspace.run(sys.executable, "-m", "nashgan", "compare")
    table = (workspace.root / "reports/comparison/comparison.md").read_text()
    assert "mlp-idea" in table and "r3gan" in table

    import mlflow
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{workspace.root}/mlflow.db")
    experiment = client.get_experiment_by_name("nashgan")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], "params.`train.seed` = '0'")  # not the one that groups them
    assert len(runs) == 2
    run = next(run for run in runs if run.data.tags.get("dvc.experiment") == "mlp-idea")
    assert run.info.run_name == "mlp rpgan r1_r2 · mnist5k · seed 0 · mlp-idea"
    parent = client.get_run(run.data.tags["mlflow.parentRunId"])
    assert str(parent.info.run_name).startswith("experiments on ") and not parent.data.metrics
    scores = workspace.json("reports/evaluation.json")
    assert run.data.params["model.name"] == "mlp"
    assert run.data.metrics["headline/fid"] == pytest.approx(scores["fid"]["value"])
    assert [point.step for point in client.get_metric_history(run.info.run_id, "training/d_loss")] == [
        320,
        640,
        960,
        1280,
    ]
    versions = client.search_model_versions("name='nashgan'")
    assert len(versions) == 2
    newest = client.get_model_version_by_alias("nashgan", "challenger")
    assert newest.run_id == run.info.run_id
    assert float(newest.tags["fid"]) == pytest.approx(scores["fid"]["value"])
    assert workspace.json("reports/registry.json")["version"] == str(newest.version)
    assert mlflow.__version__


@pytest.mark.usefixtures("idea")
def test_mlflows_page_shows_the_experiment_and_what_differs_from_the_baseline(
    workspace: Workspace, browser: "webdriver.Chrome"
) -> None:
    paths = Paths(workspace.root)
    client = connect(paths).client
    runs = {run.data.tags.get("dvc.experiment"): run for run in client.search_runs(["1"], "metrics.`headline/fid` > 0")}
    run, baseline = runs["mlp-idea"], runs[None]
    scores = workspace.json("reports/evaluation.json")
    numbers = [f"{scores[name]['value']:.4g}" for name in ("fid", "fcd")]
    with mlflow_page(paths) as address:
        page = f"{address}/experiments/1/runs/{run.info.run_id}{ML}"
        text = first_screen(browser, page, str(run.info.run_name), "fid", "fcd", *numbers, "experiments on")
        assert "mnist5k" in text
        both = json.dumps([baseline.info.run_id, run.info.run_id])
        page = f'{address}/compare-runs?runs={both}&experiments=["1"]'
        first_screen(browser, page, str(run.info.run_name), str(baseline.info.run_name))
        whole = str(browser.execute_script("return document.body.textContent"))
    assert "model.name" in whole and "headline/fid" in whole


@pytest.mark.usefixtures("idea")
def test_mlflow_says_what_dvc_says_and_again_in_a_fresh_clone(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DVC_ROOT", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    original = check_same_page(workspace.root)
    experiments = {run.tags.get("dvc.experiment") for run in original.values()}
    assert experiments == {None, "mlp-idea"} and len(original) == 2
    clone = Workspace(tmp_path / "clone")
    workspace.run("git", "clone", "-q", ".", str(clone.root))
    clone.run("dvc", "remote", "add", "-q", "--local", "--default", "cache", f"{workspace.root}/.dvc/cache")
    clone.run("dvc", "pull", "-q", "--all-commits")
    clone.run("dvc", "exp", "pull", "-q", "--all-commits", "origin")
    assert "2 trainings, 2 of them new; 2 model versions" in clone.run(sys.executable, "-m", "nashgan", "sync")
    assert check_same_page(clone.root) == original
    shutil.rmtree(clone.root)


def test_a_fresh_clone_computes_everything_and_compares_it_with_the_committed_baseline(
    workspace: Workspace, tmp_path: Path
) -> None:
    clone = Workspace(tmp_path / "clone")
    workspace.run("git", "clone", "-q", "--branch", "main", ".", str(clone.root))
    assert not (clone.root / ".dvc" / "cache").exists() and (clone.root / "dvc.lock").is_file()
    clone.run(sys.executable, "-m", "nashgan", "compare")
    assert "| main |" in (clone.root / "reports/comparison/comparison.md").read_text()
    assert clone.stale() == set(STAGES)
    said = clone.run(sys.executable, "-c", ALL_STAGES).splitlines()
    assert "result   the same as the committed baseline to the last digit" in said
    assert clone.run("git", "status", "--short", "reports/evaluation.json", "reports/samples.png") == ""
    shutil.rmtree(clone.root)


def test_a_training_can_begin_with_a_folder_a_commit_an_experiment_or_a_registered_model(
    workspace: Workspace, idea: str
) -> None:
    paths = Paths(workspace.root)
    sources = ("models/generator", "main", "mlp-idea", "models:/nashgan@challenger")
    folder, commit, experiment, registered = (find_start(paths, source) for source in sources)
    assert set(commit.files) == set(experiment.files) == set(FILES) and commit.sha256 != experiment.sha256
    assert folder.files in (commit.files, experiment.files)  # whichever was last
    assert set(registered.files) == {GENERATOR_CONFIG, GENERATOR, RAW}
    folders = [resolve_generator(source, paths) for source in sources[1:]]
    assert [model_card(card_records(folder)).count("## Metrics") for folder in folders] == [1, 1, 1]
    with pytest.raises(UserError, match=r"^params\.yaml: train\.from: no-such-idea: no folder, and no results .*$"):
        find_start(paths, "no-such-idea")


def test_bad_parameters_are_one_line_and_nothing_is_lost(workspace: Workspace) -> None:
    before = (workspace.root / "models/generator/config.json").read_bytes()
    workspace.change("train", lr_generator=-1)
    try:
        output = workspace.run(sys.executable, "-m", "nashgan", "train", status=2)
    finally:
        workspace.run("git", "checkout", "params.yaml")
    assert output == "error: params.yaml: train.lr_generator: must be greater than 0, got -1\n"
    assert (workspace.root / "models/generator/config.json").read_bytes() == before


def test_sampling_writes_the_same_png_files_whatever_their_number(workspace: Workspace, tmp_path: Path) -> None:
    for count in (3, 70):
        sample_files(str(workspace.root / "models/generator"), tmp_path / str(count), count, seed=7)
    few, many = tmp_path / "3", tmp_path / "70"
    assert len(list(few.iterdir())) == 3 and len(list(many.iterdir())) == 70
    for picture in few.iterdir():
        assert picture.read_bytes() == (many / picture.name).read_bytes()
