"""Devices are picked, never guessed; a training can be told to compute the same bits each time."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
import torch

from nashgan.runtime.device import AUTO, Device, _choose_algorithms, pick_device
from nashgan.runtime.errors import UserError

WORKSPACE = "CUBLAS_WORKSPACE_CONFIG"
CPU = AUTO.model_copy(update={"device": "cpu"})


MEASURED = """
import torch
from nashgan.runtime.device import peak_memory
before = peak_memory(torch.device("cpu"))
held = b"x" * 2**28
after = peak_memory(torch.device("cpu"))
del held
print(before, after, peak_memory(torch.device("cpu")))
"""


def test_peak_memory_is_in_bytes_and_does_not_fall_when_memory_is_freed() -> None:
    done = subprocess.run([sys.executable, "-c", MEASURED], capture_output=True, text=True, check=True)
    before, after, later = map(int, done.stdout.split())
    assert 2**24 < before < 2**34
    assert after - before == pytest.approx(2**28, rel=0.1)
    assert later == pytest.approx(after, rel=0.01)  # the kernel counts in batches of pages


def test_auto_is_always_something() -> None:
    device = pick_device()
    assert torch.ones(1, device=device.torch).item() == 1
    assert device.name


def test_precision_is_what_was_asked_for() -> None:
    for precision in ("fp32", "bf16"):
        device = pick_device(CPU, precision)
        assert device.precision == precision
        with device.autocast():
            product = torch.ones(2, 2) @ torch.ones(2, 2)
        assert product.dtype == (torch.bfloat16 if precision == "bf16" else torch.float32)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(UserError, match=r"compute\.device: cuda is not available here \(there is: .*cpu\); use auto"):
        pick_device(AUTO.model_copy(update={"device": "cuda"}))


@pytest.mark.parametrize("deterministic", [True, False])
def test_what_is_said_of_a_device_is_what_the_last_bits_depend_on(deterministic: bool) -> None:
    """On a CPU there is but one way to compute; on a GPU there are two."""
    cpu = pick_device(CPU.model_copy(update={"deterministic": deterministic}), "fp32")
    assert cpu.deterministic == deterministic
    threads = "1 thread" if torch.get_num_threads() == 1 else f"{torch.get_num_threads()} threads"
    assert cpu.described == f"cpu, {threads}, fp32"
    assert Device(torch.device("cpu"), bf16=True).described == f"cpu, {threads}, bf16"


def settings() -> tuple[bool, ...]:
    """Of this process: deterministic, only warning, cuDNN's search, TF32 of both libraries, filled memory."""
    chosen = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    filled = torch.utils.deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
    return *chosen, cudnn.benchmark, cudnn.allow_tf32, matmul.allow_tf32, filled


@pytest.fixture
def undisturbed(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Begins without a user's choice of cuBLAS' workspace; the settings are afterwards what they were before."""
    monkeypatch.setenv(WORKSPACE, "")
    monkeypatch.delenv(WORKSPACE)
    deterministic, warn_only, benchmark, cudnn_tf32, matmul_tf32, filled = settings()
    yield monkeypatch
    torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)
    torch.backends.cudnn.benchmark, torch.backends.cudnn.allow_tf32 = benchmark, cudnn_tf32
    torch.backends.cuda.matmul.allow_tf32 = matmul_tf32
    torch.utils.deterministic.fill_uninitialized_memory = filled  # type: ignore[attr-defined]


@pytest.mark.usefixtures("undisturbed")
def test_a_cpu_needs_no_settings() -> None:
    before = settings()
    pick_device(CPU)
    assert settings() == before and WORKSPACE not in os.environ


@pytest.mark.usefixtures("undisturbed")
def test_deterministic_algorithms_are_chosen_for_the_whole_process_or_not() -> None:
    """No TF32 either way: the numbers of both differ by their last bits only."""
    _choose_algorithms(deterministic=False)
    assert settings() == (False, True, True, False, False, False) and WORKSPACE not in os.environ
    _choose_algorithms(deterministic=True)
    assert settings() == (True, True, False, False, False, False) and os.environ[WORKSPACE] == ":4096:8"


def test_a_users_choice_of_workspace_stays(undisturbed: pytest.MonkeyPatch) -> None:
    undisturbed.setenv(WORKSPACE, ":16:8")
    _choose_algorithms(deterministic=True)
    assert os.environ[WORKSPACE] == ":16:8"
