"""Versions of the registered model, who is champion, and generators fetched by name."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.pyfunc.model import PythonModelContext
from record_files import CPU, write_samples
from tracked import fill_workspace, write_evaluation

from nashgan.commands.card import card_records
from nashgan.commands.sample import as_evaluated
from nashgan.models.config import ModelConfig, build_discriminator
from nashgan.models.encoder import Encoder, load_codec, save_encoder
from nashgan.models.generator import load_generator
from nashgan.params import load_params
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.records.samples import JUDGE, Correction, write_correction
from nashgan.records.weights import save_config, save_weights
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import sha256, write_json
from nashgan.stages import register as stage
from nashgan.tracking.model_card import model_card
from nashgan.tracking.model_versions import REGISTRATION, register, requirements
from nashgan.tracking.naming import FINAL_STEP
from nashgan.tracking.promotion import promote, resolve_generator
from nashgan.tracking.run_from_files import ensure_run
from nashgan.tracking.run_results import log_evaluation
from nashgan.tracking.serving import ARTIFACT, ServedGenerator
from nashgan.tracking.store import connect

PARAMS = Path(__file__).parents[2] / "params.yaml"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """One repository, in which the tests register three generators one after the other."""
    return Paths(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def client(workspace: Paths) -> MlflowClient:
    return connect(workspace).client


@pytest.fixture(scope="module")
def first(workspace: Paths) -> dict[str, object]:
    fill_workspace(workspace.root, seed=1)
    log_evaluation(workspace)
    stage.run(workspace, load_params(PARAMS))
    registered: dict[str, object] = json.loads(workspace.registration.read_text())
    return registered


def another(workspace: Paths, seed: int, fid: float, protocol: str = "inception-6726825d, 2000 of train") -> str:
    fill_workspace(workspace.root, seed=seed)
    write_evaluation(workspace, fid, protocol)
    return register(workspace, "nashgan").version


def version_of(client: MlflowClient, alias: str) -> int:
    return int(client.get_model_version_by_alias("nashgan", alias).version)


def test_a_version_says_what_it_is(workspace: Paths, client: MlflowClient, first: dict[str, object]) -> None:
    assert first | {"run_id": ""} == {"name": "nashgan", "version": "1", "run_id": "", "aliases": ["challenger"]}
    version = client.get_model_version("nashgan", "1")
    expected = {
        "fid": "25.0",
        "fid_protocol": "inception-6726825d, 2000 of train",
        "git.commit": "c" * 40,
        "dvc.experiment": "bold-idea",
        "nashgan.generator": load_generator(workspace.generator).sha256,
    }
    assert version.tags == expected | {REGISTRATION: version.tags[REGISTRATION]}
    assert version.run_id == first["run_id"] and version.status == "READY"


def test_the_evaluation_is_on_run_and_model(workspace: Paths, client: MlflowClient, first: dict[str, object]) -> None:
    run_id = str(first["run_id"])
    for key, value in (("headline/fid", 25.0), ("samples/floor/fid", 5.5), ("headline/fcd", 0.025)):
        (point,) = client.get_metric_history(run_id, key)  # once, though the evaluate stage logs it too
        assert (point.value, point.step) == (value, FINAL_STEP)
    (model,) = client.search_logged_models([connect(workspace).experiment_id])
    assert model.source_run_id == run_id and model.params is not None and model.params["train.images"] == "6400"
    assert {(metric.key, metric.value) for metric in model.metrics or ()} >= {
        ("headline/fid", 25.0),
        ("headline/fcd", 0.025),
    }
    assert {metric.dataset_name for metric in model.metrics or () if metric.step == FINAL_STEP} == {"mnist5k"}
    outputs = client.get_run(run_id).outputs
    assert outputs is not None and [output.model_id for output in outputs.model_outputs] == [model.model_id]


def test_the_same_again_is_the_same_version(workspace: Paths, client: MlflowClient, first: dict[str, object]) -> None:
    assert register(workspace, "nashgan").model_dump() == first
    assert len(client.search_model_versions("")) == 1
    assert len(client.search_logged_models([connect(workspace).experiment_id])) == 1


def test_an_evaluation_that_shares_numbers_with_earlier_ones_is_shown_whole(tmp_path: Path) -> None:
    paths = fill_workspace(tmp_path)
    client = connect(paths).client
    first = {"fid": (25.0, 5.5), "coverage": (0.5, 0.75)}
    second = {"fid": (24.0, 5.25), "coverage": (0.75, 1.0)}
    third = {"fid": (23.0, 5.5), "coverage": (0.5, 0.75)}
    for number, values in enumerate((first, second, third, first, second, third, first)):
        evaluation = {
            name: {"value": value, "floor": floor, "samples": 2, "protocol": str(values)}
            for name, (value, floor) in values.items()
        }
        write_json(paths.evaluation, evaluation)
        log_evaluation(paths)
        expected = values if number < 3 else third  # sent again, an older one stays the older one
        run = client.get_run(ensure_run(paths))
        for (name, (value, floor)), section in zip(expected.items(), ("headline", "samples"), strict=True):
            metrics = run.data.metrics
            assert (metrics[f"{section}/{name}"], metrics[f"samples/floor/{name}"]) == (value, floor)
        protocols = Path(client.download_artifacts(run.info.run_id, "protocols.json"))
        assert json.loads(protocols.read_text()) == dict.fromkeys(expected, str(expected))
        assert f"| **fid** | {expected['fid'][0]:.4g} |" in run.data.tags["mlflow.note.content"]
        file = client.download_artifacts(run.info.run_id, "evaluation.json")
        assert json.loads(Path(file).read_text())["fid"]["protocol"] == str(expected)
    points = client.get_metric_history(run.info.run_id, "samples/coverage")
    assert [(point.step, point.value) for point in sorted(points, key=lambda point: point.timestamp)] == [
        (FINAL_STEP, 0.5), (FINAL_STEP, 0.75), (FINAL_STEP, 0.5),
    ]  # fmt: skip


def test_the_logged_model_has_no_pickle_and_no_index(workspace: Paths, first: dict[str, object]) -> None:
    (folder,) = (workspace.mlflow_artifacts / "models").iterdir()
    files = {file.relative_to(folder / "artifacts").as_posix() for file in folder.rglob("*") if file.is_file()}
    assert not [file for file in files if file.endswith((".pkl", ".pickle", ".pt", ".pyc"))]
    assert {"served_model.py", "code/nashgan/models/generator.py", "artifacts/generator/weights.safetensors"} <= files
    lines = (folder / "artifacts" / "requirements.txt").read_text().split()
    assert lines == requirements() and all("==" in line and "+" not in line for line in lines)


def test_champions(workspace: Paths, client: MlflowClient, first: dict[str, object]) -> None:
    with pytest.raises(UserError, match="models:/nashgan@champion: no version of nashgan has the alias champion"):
        resolve_generator("models:/nashgan@champion", workspace)
    assert promote(workspace, "nashgan") == "version 1 of nashgan is champion (fid 25.00)"
    assert "already" in promote(workspace, "nashgan")

    assert another(workspace, 2, fid=30.0) == "2"
    with pytest.raises(UserError, match=r"fid 30.00.*fid 25.00.*--force"):
        promote(workspace, "nashgan")
    assert another(workspace, 3, fid=20.0, protocol="inception-6726825d, 500 of train") == "3"
    with pytest.raises(UserError, match=r"cannot be compared.*2000 of train.*--force"):
        promote(workspace, "nashgan", "3")
    write_evaluation(workspace, 24.0)
    assert register(workspace, "nashgan").version == "4"  # the same generator, evaluated otherwise
    assert version_of(client, "champion") == 1
    assert "before: version 1 (fid 25.00)" in promote(workspace, "nashgan")
    assert "version 2" in promote(workspace, "nashgan", "2", force=True)
    assert version_of(client, "champion") == 2
    assert version_of(client, "challenger") == 4


def test_a_number_that_is_not_there_is_no_tag_and_makes_no_champion(tmp_path: Path) -> None:
    paths = fill_workspace(tmp_path)
    register(paths, "nashgan")
    promote(paths, "nashgan")
    evaluation = json.loads(paths.evaluation.read_text())
    evaluation["fid"] |= {"value": None, "floor": None}
    write_json(paths.evaluation, evaluation)
    version = register(paths, "nashgan").version
    assert not {"fid", "fid_floor"} & connect(paths).client.get_model_version("nashgan", version).tags.keys()
    with pytest.raises(UserError, match=r"no fid.*fid 25.00.*cannot be compared"):
        promote(paths, "nashgan")


def test_a_generator_by_name_is_the_one_registered(workspace: Paths, first: dict[str, object]) -> None:
    folder = resolve_generator("models:/nashgan/1", workspace)
    fetched = load_generator(folder)
    fill_workspace(workspace.root, seed=1)
    np.testing.assert_array_equal(fetched.sample(7, 3), load_generator(workspace.generator).sample(7, 3))
    assert resolve_generator("models:/nashgan/1", workspace) == folder
    assert {file.parent for file in folder.parent.rglob("*.json")} >= {folder}
    assert resolve_generator(str(workspace.generator)) == workspace.generator
    assert model_card(card_records(folder)) == model_card(card_records(workspace.generator))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("models:/nashgan/99", "no version 99"),
        ("models:/nobody@champion", "no version of nobody has the alias champion"),
        ("models:/nashgan", "must be like"),
        ("models:/../x@y", "must be like"),
        ("absent", "absent: no folder, and no results of a commit or an experiment"),
        ("models:/nashgan@champion/../..", "must be like"),
    ],
)
def test_unknown_names_are_one_line(workspace: Paths, first: dict[str, object], source: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        resolve_generator(source, workspace)


def test_unknown_versions_are_one_line(workspace: Paths, first: dict[str, object]) -> None:
    with pytest.raises(UserError, match="no version 99"):
        promote(workspace, "nashgan", "99")
    with pytest.raises(UserError, match="no version is challenger"):
        promote(workspace, "nobody")
    with pytest.raises(UserError, match="no version champion"):
        promote(workspace, "nashgan", "champion")


def test_a_generator_of_another_training_is_refused(tmp_path: Path) -> None:
    paths = fill_workspace(tmp_path, seed=1)
    record = json.loads(paths.train_run.read_text())
    write_json(paths.train_run, record | {"generator": "0" * 64})
    with pytest.raises(UserError, match=r"not the generator of train_run\.json"):
        register(paths, "nashgan")
    assert not paths.mlflow_store.exists()


@pytest.mark.parametrize("values", [[], {"fid": 3}, {"fid": {"value": "x", "floor": 1, "samples": 1, "protocol": "p"}}])
def test_a_garbled_evaluation_is_one_line(tmp_path: Path, values: object) -> None:
    paths = fill_workspace(tmp_path, seed=1)
    write_json(paths.evaluation, values)
    with pytest.raises(UserError, match="dvc repro evaluate"):
        register(paths, "nashgan")


def test_a_missing_store_costs_the_evaluation_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = fill_workspace(tmp_path, seed=1)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    log_evaluation(paths)
    assert capsys.readouterr().err.startswith("warning: MLflow at http://127.0.0.1:9")
    with pytest.raises(UserError, match="start the server"):
        register(paths, "nashgan")


def test_a_version_has_the_encoder_and_what_corrects_its_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`nashgan sample`, `encode` and the served model answer as the workspace that was evaluated."""
    paths = fill_workspace(tmp_path)
    generator = load_generator(paths.generator)
    family = generator.config.model_copy(update={"name": "conv"})
    save_encoder(paths.generator, family, Encoder(family))
    plain = register(paths, "nashgan").version
    save_judge(paths, generator.config)
    write_evaluation(paths, 24.0, "inception-6726825d, 2000 of train correct=reject steps=5")
    corrected = register(paths, "nashgan").version
    monkeypatch.chdir(paths.root)
    (paths.root / "dvc.yaml").touch()
    (paths.root / "params.yaml").touch()
    folders = [resolve_generator(f"models:/nashgan/{version}") for version in (plain, corrected)]
    samples = [as_evaluated(folder).sample(1, 4) for folder in (*folders, paths.generator)]
    assert np.array_equal(samples[0], generator.sample(1, 4))
    assert np.array_equal(samples[1], samples[2]) and not np.array_equal(samples[0], samples[1])
    served = ServedGenerator()
    served.load_context(PythonModelContext({ARTIFACT: str(folders[1])}, {}))  # type: ignore[no-untyped-call]
    assert np.array_equal(served.generator.sample(1, 4), samples[1])
    images = np.zeros((1, 1, 28, 28), np.uint8)
    own, fetched = (load_codec(folder, CPU) for folder in (paths.generator, folders[0]))
    assert own and fetched and np.array_equal(own.encode(images), fetched.encode(images))


def save_judge(paths: Paths, config: ModelConfig) -> None:
    """A correction by a discriminator of the generator's family, beside samples of the generator."""
    judge, folder = build_discriminator(config), paths.correction / JUDGE
    save_weights(folder / "weights.safetensors", judge)
    save_config(folder, config)
    fingerprint = sha256(folder / "weights.safetensors")
    write_correction(paths.correction, Correction(method="reject", steps=5, gamma=50.0, judge=fingerprint))
    images = Examples(np.zeros((2, 1, 28, 28), np.uint8))
    write_samples(paths.samples, images, generator=load_generator(paths.generator).sha256)


def test_a_correction_that_is_missing_or_of_another_generator_is_one_line(tmp_path: Path) -> None:
    paths = fill_workspace(tmp_path)
    save_judge(paths, load_generator(paths.generator).config)
    fill_workspace(tmp_path, seed=9)  # another training, whose samples are not drawn yet
    write_evaluation(paths, 24.0, "inception-6726825d, 2000 of train correct=reject steps=5")
    with pytest.raises(UserError, match=r"correction: of another generator than .*; run `dvc repro generate`"):
        as_evaluated(paths.generator)
    shutil.rmtree(paths.samples)
    with pytest.raises(UserError, match="correction: not found, and the evaluated samples were corrected"):
        as_evaluated(paths.generator)
    with pytest.raises(UserError, match="correction: not found, and the evaluated samples were corrected"):
        register(paths, "nashgan")
