"""SIGKILL at any moment, while checkpoints and outputs are written too: the training ends with the same bits."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from workspaces import environment, ready_to_train

DRIVER = Path(__file__).parents[1] / "support" / "forked_training.py"
MOMENTS = ("anytime", "between", "writing", "between", "writing", "full", "outputs")
FEWER = ("between", "writing", "full", "outputs")  # of all but the default configuration
CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "default": {},
    "wgan-gp": {
        "model": {"name": "dcgan", "discriminator": "conv"},
        "objective": {"loss": "wgan", "penalty": "wgan_gp", "d_steps": 3},
        "train": {"images": 1920, "checkpoint_every": 48, "keep": "best"},
    },
    "dcgan-bf16": {
        "model": {"name": "dcgan"},
        "objective": {"loss": "non_saturating", "penalty": "none"},
        "train": {"precision": "bf16"},
    },
    "vae": {"model": {"name": "vae"}},
    "shards": {
        "model": {"name": "dcgan", "conditional": True},
        "objective": {"loss": "non_saturating", "penalty": "none"},
        "train": {"shards": 4, "images": 240, "evaluate_every": 120},
    },
}
ON_PROCESSES = ("between@4", "asked@2", "one@4")  # and on one at the end, as all of the undisturbed training


@pytest.mark.timeout(500)
def test_killed_trainings_end_with_the_same_bits(tmp_path: Path) -> None:
    for name, changes in CONFIGURATIONS.items():
        ready_to_train(tmp_path / name, **changes)
    kills = dict.fromkeys(CONFIGURATIONS, FEWER) | {"default": MOMENTS, "shards": ON_PROCESSES}
    job = json.dumps({str(tmp_path / name): moments for name, moments in kills.items()})
    done = subprocess.run(
        [sys.executable, DRIVER], input=job, env=environment(), capture_output=True, text=True, check=False, timeout=400
    )
    assert done.returncode == 0, done.stderr
    for name, ended in zip(CONFIGURATIONS, json.loads(done.stdout), strict=True):
        assert ended["kills"] == len(kills[name]), name
        assert ended["killed"] == ended["undisturbed"], name
        assert ended["runs"] == ["FINISHED", "FINISHED"], name  # one a training, however often it was started
        assert ended["shown"], name
    full = "the file-size limit is reached; free some space and run the same command again"
    assert done.stderr.count(full) == len(CONFIGURATIONS) - 1
    assert done.stderr.count("error: process 3 of 4 was ended by SIGKILL") == 1
    assert done.stderr.count("SIGUSR1: stopped after") == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.count("goes on from") >= sum(len(moments) - 1 for moments in kills.values())
