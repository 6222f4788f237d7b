"""MLflow's own page in a real browser: what the first screen of a run, the runs and a model version shows."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from mlflow.models import Model
from mlflow.pyfunc import load_model
from mlflow_page import ML, first_screen, mlflow_page
from PIL import Image
from tracked import fill_workspace
from workspaces import REPOSITORY

from nashgan.params import load_params
from nashgan.records.paths import Paths
from nashgan.runtime.files import write_json, write_text
from nashgan.tracking.model_versions import register
from nashgan.tracking.store import connect

if TYPE_CHECKING:
    from selenium import webdriver

NAME = "r3gan rpgan r1_r2 · mnist5k · seed 1 · bold-idea"
SCORES = ("fid", "fcd", "recall", "24.5 – 25.5", "5.5")


def committed(root: Path) -> str:
    """A repository with the default parameters; its commit."""
    shutil.copy(REPOSITORY / "params.yaml", root)
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    for command in (("init", "-q"), ("add", "params.yaml"), (*identity, "commit", "-qm", "baseline")):
        subprocess.run(("git", *command), cwd=root, check=True)
    return subprocess.check_output(("git", "rev-parse", "HEAD"), cwd=root, text=True).strip()


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """A training of the default parameters and an experiment on it, both registered."""
    paths = Paths(tmp_path_factory.mktemp("home"))
    baseline = committed(paths.root)
    for seed, lineage in enumerate(({}, {"dvc.experiment": "bold-idea", "dvc.baseline": baseline})):
        fill_workspace(paths.root, seed)
        params = load_params(REPOSITORY / "params.yaml").model_dump(by_alias=True)
        params["train"] |= {"seed": seed, "images": 6400}
        record = json.loads(paths.train_run.read_text())
        tags = {"nashgan.training": f"training-{seed}", "mlflow.source.git.commit": baseline, **lineage}
        kept = {key: params[key] for key in ("data", "model", "objective", "train")}
        write_json(paths.train_run, record | {"params": kept, "tags": tags, "seconds": 160.5})
        evaluation = json.loads(paths.evaluation.read_text())
        evaluation["fid"] |= {"interval": [24.5, 25.5]}
        recall = {"value": 0.25, "floor": 0.75, "samples": 2000, "protocol": "recall"}
        write_json(paths.evaluation, evaluation | {"recall": recall, "kid": recall | {"value": 0.5, "protocol": "kid"}})
        write_text(paths.report, "<h1>The report</h1>")
        paths.sample_figures.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.random.default_rng(seed).integers(0, 256, (224, 224), np.uint8)).save(
            paths.sample_figures / "grid.png"
        )
        register(paths, "nashgan")
    return paths


@pytest.fixture(scope="module")
def address(workspace: Paths) -> Iterator[str]:
    with mlflow_page(workspace) as address:
        yield address


def run_page(paths: Paths, name: str) -> str:
    store = connect(paths)
    (run,) = store.client.search_runs([store.experiment_id], f"attributes.run_name = '{name}'")
    return f"/experiments/{store.experiment_id}/runs/{run.info.run_id}"


def test_a_run_says_what_it_is_and_what_it_scores(browser: "webdriver.Chrome", address: str, workspace: Paths) -> None:
    text = first_screen(browser, f"{address}{run_page(workspace, NAME)}{ML}", *SCORES, "nashgan v 2", "experiments on")
    assert all(shown in text for shown in (NAME, "mnist5k", "nashgan.protocol")), text
    assert "_protocol" not in text and "inception-6726825d" not in text


def test_the_few_that_matter_are_the_first_charts(browser: "webdriver.Chrome", address: str, workspace: Paths) -> None:
    page = f"{address}{run_page(workspace, NAME)}/model-metrics{ML}"
    text = first_screen(browser, page, "headline (6)", "headline/samples")
    assert text.index("headline (6)") < text.index("fcd") < text.index("fid") < text.index("recall")
    assert "d_loss" not in text and "samples/floor" not in text
    sections = ["headline(6)", "samples(1)", "samples/floor(4)", "training(10)"]
    whole = " ".join(str(browser.execute_script("return document.body.textContent")).split())
    assert sections == sorted(sections, key=whole.index)


def test_the_runs_open_as_model_training(browser: "webdriver.Chrome", address: str, workspace: Paths) -> None:
    text = first_screen(browser, f"{address}/experiments/1{ML}", "experiments on")
    assert "A run is a training" in text and "r3gan rpgan" in text and "mnist5k" in text
    assert "bold-idea" not in text, "an experiment stands under its parent"
    tags = connect(workspace).client.get_experiment("1").tags
    assert tags["mlflow.experimentKind"] == "custom_model_development"


def test_a_version_shows_scores_and_samples(browser: "webdriver.Chrome", address: str, workspace: Paths) -> None:
    text = first_screen(browser, f"{address}/models/nashgan/versions/2{ML}", "picture:", *SCORES, NAME)
    assert all(shown in text for shown in ("Version 2", "challenger", "Training run", "train.seed", "grid.png")), text
    assert "fid_floor" not in text
    text = first_screen(browser, f"{address}/models/nashgan{ML}", "mlflow models serve")
    assert "champion" in text and "challenger" in text


def test_a_logged_model_links_to_its_version_and_answers_its_example(
    browser: "webdriver.Chrome", address: str, workspace: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = connect(workspace)
    version = store.client.get_model_version("nashgan", "2")
    model_id = str(version.source).removeprefix("models:/")
    text = first_screen(browser, f"{address}/experiments/1/models/{model_id}{ML}", "24.5 – 25.5")
    assert text.count("nashgan v 2") == 1 and "Not registered" not in text
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    with store.as_default():
        described = Model.load("models:/nashgan/2")
        example = described.load_input_example("models:/nashgan/2")
        answer = pd.DataFrame(load_model("models:/nashgan/2").predict(example))
    signature = described.signature
    assert signature is not None and signature.inputs is not None and signature.outputs is not None
    assert signature.inputs.input_names() == ["seed", "count", "class", "truncation"]
    assert list(answer.columns) == signature.outputs.input_names() and len(answer) == 4
