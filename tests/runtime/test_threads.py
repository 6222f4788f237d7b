"""How threads wait is set before torch is loaded, a user's choice is kept, and no choice changes a bit."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from workspaces import environment, ready_to_train

from nashgan.runtime.threads import CHOICES, SPINS, choose_waiting

QUEUED = {"DVC_EXP_NAME": "loyal-otter", "DVC_ROOT": "/repository"}


@pytest.mark.skipif(sys.platform != "linux", reason="torch brings GNU's OpenMP for Linux only")
def test_no_way_to_wait_changes_a_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CHOICES:
        monkeypatch.delenv(name, raising=False)
    turns: dict[str, tuple[dict[str, str], int]] = {
        "plain": ({}, SPINS),
        "queued": (QUEUED | {"DVC_ROOT": str(tmp_path)}, 0),
    }
    digests = set()
    for way, (said, spins) in turns.items():
        paths = ready_to_train(tmp_path / way, model={"width": 16}, train={"images": 32, "evaluate_every": 0})
        variables = environment(OMP_DISPLAY_ENV="VERBOSE", MLFLOW_TRACKING_URI=f"sqlite:///{tmp_path}/mlflow.db")
        variables |= said | {"OMP_NUM_THREADS": "2"}
        command = [sys.executable, "-m", "nashgan", "train"]
        done = subprocess.run(command, cwd=paths.root, env=variables, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        assert f"GOMP_SPINCOUNT = '{spins}'" in done.stderr
        digests.add(hashlib.sha256((paths.generator / "weights.safetensors").read_bytes()).hexdigest())
    assert len(digests) == 1


@pytest.mark.parametrize("said", [{"OMP_WAIT_POLICY": "ACTIVE"}, {"GOMP_SPINCOUNT": "77"}])
def test_a_users_word_stands(said: dict[str, str], tmp_path: Path) -> None:
    for more in ({}, QUEUED):
        variables = {**said, **more}
        choose_waiting(variables, tmp_path)
        assert variables == {**said, **more}


def test_an_experiment_in_the_workspace_is_no_worker(tmp_path: Path) -> None:
    variables = {"DVC_EXP_NAME": "loyal-otter", "DVC_ROOT": str(tmp_path)}
    choose_waiting(variables, tmp_path)
    assert "OMP_WAIT_POLICY" not in variables and variables["GOMP_SPINCOUNT"] == str(SPINS)
