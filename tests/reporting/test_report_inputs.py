import json
from collections.abc import Callable
from pathlib import Path

import pytest

from nashgan.params import Params
from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import write_json
from nashgan.stages import report

REQUIRED = {
    "data/splits/manifest.json": "split",
    "data/splits/test.examples.npy": "split",
    "data/samples/manifest.json": "generate",
    "data/samples/samples.examples.npy": "generate",
    "reports/samples/grid.png": "generate",
    "reports/samples/interpolation.png": "generate",
    "reports/train/history.csv": "train",
    "reports/train/score.csv": "train",
    "reports/evaluation.json": "evaluate",
    "models/train_run.json": "train",
}


def _garble(path: Path) -> None:
    path.write_bytes(b"\x89PNG\xff{")


def _fails(paths: Paths, params: Params) -> str:
    """The one line the user gets; the report of before must still be there."""
    paths.report.write_text("before")
    with pytest.raises(UserError) as error:
        report.run(paths, params)
    assert paths.report.read_text() == "before"
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(("name", "stage"), REQUIRED.items())
@pytest.mark.parametrize(
    "damage", [Path.unlink, lambda path: path.write_bytes(b"\x89PNG\xff{")], ids=["gone", "garbled"]
)
def test_required_file(paths: Paths, params: Params, name: str, stage: str, damage: Callable[[Path], object]) -> None:
    damage(paths.root / name)
    message = _fails(paths, params)
    assert message.startswith(str(paths.root / name)) and f"dvc repro {stage}" in message


def test_no_timeline_folder(paths: Paths, params: Params) -> None:
    paths.timeline.rename(paths.root / "elsewhere")
    assert "dvc repro train" in _fails(paths, params)


def test_broken_picture_of_the_timeline(paths: Paths, params: Params) -> None:
    (paths.timeline / "000000000.png").write_bytes((paths.sample_figures / "grid.png").read_bytes()[:200])
    assert "000000000.png: not readable as PNG" in _fails(paths, params)


def test_wrong_type_in_json_names_the_key(paths: Paths, params: Params) -> None:
    evaluation = json.loads(paths.evaluation.read_text())
    write_json(paths.evaluation, {**evaluation, "fid": {**evaluation["fid"], "value": "good"}})
    assert "evaluation.json: fid.value: " in _fails(paths, params)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("images,d_loss\n1,2\n", "no column img_s"),
        ("", "no column"),
        ("HEADER\n1,a\n", "not readable"),
    ],
)
def test_foreign_history(paths: Paths, params: Params, text: str, fault: str) -> None:
    header = paths.history.read_text().splitlines()[0]
    paths.history.write_text(text.replace("HEADER", header))
    assert fault in _fails(paths, params)


def test_short_row_of_history(paths: Paths, params: Params) -> None:
    paths.history.write_text(paths.history.read_text() + "323200,0.7\n")
    assert f"{paths.history}: not readable as numbers" in _fails(paths, params)


def test_without_test_split_the_validation_split_is_shown(paths: Paths, params: Params) -> None:
    manifest = json.loads((paths.splits / "manifest.json").read_text())
    del manifest["splits"]["test"]
    write_json(paths.splits / "manifest.json", manifest)
    report.run(paths, params)
    assert "from the validation split" in paths.report.read_text()


@pytest.mark.parametrize("told", [{"format": 2}, {}])
def test_training_run_of_another_version(paths: Paths, params: Params, told: dict[str, int]) -> None:
    run = json.loads(paths.train_run.read_text())
    del run["format"]
    write_json(paths.train_run, run | told)
    message = _fails(paths, params)
    assert message.startswith(f"{paths.train_run}: format: ") and message.endswith("; run `dvc repro train`")


def test_training_run_without_a_headline(paths: Paths, params: Params) -> None:
    run = json.loads(paths.train_run.read_text())
    del run["params"]["objective"]
    write_json(paths.train_run, run)
    assert _fails(paths, params).endswith("objective.loss is missing; run `dvc repro train`")


@pytest.mark.parametrize(("section", "key"), [("model", "name"), ("objective", "loss")])
def test_training_run_of_an_unknown_kind(paths: Paths, params: Params, section: str, key: str) -> None:
    run = json.loads(paths.train_run.read_text())
    run["params"][section][key] = "sorcery"
    write_json(paths.train_run, run)
    expected = f"{paths.train_run}: params.{section}.{key}: 'sorcery' is not known here; run `dvc repro train`"
    assert _fails(paths, params) == expected
