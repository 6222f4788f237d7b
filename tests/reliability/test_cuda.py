"""On a GPU, too, a training that was stopped or killed ends with the bits of an undisturbed one."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from record_files import repeatable
from tiny_training import Witness, parameters, play
from workspaces import environment, ready_to_train

from nashgan.runtime.device import AUTO, pick_device
from nashgan.runtime.errors import Interrupted
from nashgan.training.checkpoint import _tensors

DRIVER = Path(__file__).parents[1] / "support" / "forked_training.py"
CPU, CUDA = (AUTO.model_copy(update={"device": device}) for device in ("cpu", "cuda"))
MOMENTS = ("anytime", "between", "writing", "between", "outputs")
GAMES: dict[str, dict[str, dict[str, Any]]] = {
    "dcgan": {},
    "wgan-gp": {
        "model": {"discriminator": "conv"}, "objective": {"loss": "wgan", "penalty": "wgan_gp", "d_steps": 3}
    },
    "r3gan": {"model": {"name": "r3gan"}, "objective": {"loss": "rpgan", "penalty": "r1_r2"}},
    "pool": {"model": {"discriminator": "pool"}, "objective": {"loss": "hinge", "penalty": "spectral"}},
    "lstm": {"model": {"discriminator": "lstm"}},
    "bf16": {"train": {"precision": "bf16"}},
    "vae": {"model": {"name": "vae"}},
}  # fmt: skip
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")


@pytest.fixture(autouse=True)
def _settings() -> Iterator[None]:
    """What `pick_device` sets for its process does not stay for other tests."""
    before = torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark
    yield
    torch.use_deterministic_algorithms(before[0])
    torch.backends.cudnn.benchmark = before[1]


def test_a_gpu_is_used_with_deterministic_algorithms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (9, 0))
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    assert pick_device(CPU).torch.type == "cpu"
    assert not torch.are_deterministic_algorithms_enabled()
    assert pick_device().precision == "bf16"
    assert torch.are_deterministic_algorithms_enabled() and not torch.backends.cudnn.benchmark
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":16:8"  # a user's own choice stays


@needs_gpu
@pytest.mark.parametrize("name", [name for name in GAMES if name != "vae"])
def test_stopped_after_every_row(tmp_path: Path, name: str) -> None:
    params = parameters(**GAMES[name])
    device = pick_device(CUDA, params.train.precision)
    whole, history = play(tmp_path / "whole", params, Witness(), device)
    while True:
        try:
            parts, again = play(tmp_path / "parts", params, Witness(stop_after=1), device)
            break
        except Interrupted:
            continue
    expected, found = dict(_tensors(whole)), dict(_tensors(parts))
    assert expected.keys() == found.keys() and all(torch.equal(expected[key], found[key]) for key in expected)
    rows = [repeatable(one.rows) for one in (history, again)]
    assert rows[0] == rows[1]


@needs_gpu
@pytest.mark.parametrize("name", GAMES)
def test_killed(tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    ready_to_train(root, **GAMES[name], compute=CUDA.model_dump())
    job = json.dumps({str(root): MOMENTS})
    done = subprocess.run(
        [sys.executable, DRIVER], input=job, env=environment(), capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    (ended,) = json.loads(done.stdout)
    assert ended["kills"] == len(MOMENTS)
    assert ended["killed"] == ended["undisturbed"]
