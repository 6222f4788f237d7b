"""Processes of a training: how many, on how many threads, and how they end together."""

import os
import signal
import time
from functools import partial
from pathlib import Path

import psutil
import pytest
import torch

from nashgan.runtime.compute import ComputeParams
from nashgan.runtime.device import AUTO
from nashgan.runtime.errors import EXIT_FAILED, EXIT_USER, Lost, UserError
from nashgan.runtime.launch import count_processes, launch, threads_of
from nashgan.runtime.processes import Processes, connected, described_outside


def end(how: str, folder: Path) -> None:
    """What each of two processes does; one ends before the other, which waits for it."""
    processes = described_outside()
    assert processes
    (folder / str(processes.rank)).touch()
    with connected(processes):
        processes.gather(torch.zeros(1))  # both are connected
        if processes.rank == 0 and how == "refused":
            raise UserError("refused")
        if processes.rank == 1 and how == "fault":
            raise ZeroDivisionError
        if processes.rank == 1 and how == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if how == "well":
            assert processes.shared(b"ABC" if processes.rank == 0 else b"") == b"ABC"
            assert [int(one) for one in processes.gather(torch.tensor([processes.rank]))] == [0, 1]
            return
        processes.told(2)


@pytest.mark.parametrize(("how", "status"), [("well", None), ("refused", EXIT_USER), ("fault", EXIT_FAILED)])
def test_the_first_error_ends_all_processes_with_its_status(
    how: str, status: int | None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    handler, began = signal.getsignal(signal.SIGTERM), time.monotonic()
    if status is None:
        launch(partial(end, how, tmp_path), 2)
    else:
        with pytest.raises(SystemExit) as ended:
            launch(partial(end, how, tmp_path), 2)
        assert ended.value.code == status
    assert time.monotonic() - began < 30
    assert {path.name for path in tmp_path.iterdir()} == {"0", "1"}
    assert signal.getsignal(signal.SIGTERM) is handler
    errors = capfd.readouterr().err
    assert errors == {"well": "", "refused": "error: refused\n"}.get(how, errors)
    assert errors.count("Traceback") == (how == "fault")


def test_a_process_that_is_killed_ends_the_others_and_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = psutil.Process().children()
    with pytest.raises(Lost, match=r"^process 1 of 2 was ended by SIGKILL; run the same command again"):
        launch(partial(end, "killed", tmp_path), 2)
    assert psutil.Process().children() == before
    assert capfd.readouterr().err == ""


def computing(processes: int | str = 1, threads: int | str = "auto") -> ComputeParams:
    return AUTO.model_copy(update={"device": "cpu", "processes": processes, "threads": threads})


def test_threads_depend_on_the_shards_and_never_on_the_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert [threads_of(computing(2), shards) for shards in (1, 2, 4, 16)] == ["auto", 4, 2, 1]
    assert threads_of(computing(4), 4) == threads_of(computing(1), 4)
    assert threads_of(computing(threads=3), 4) == 3
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    assert threads_of(computing(), 4) == "auto"  # torch has read it


@pytest.mark.parametrize(
    ("cores", "threads", "shards", "count"), [(8, 1, 4, 4), (6, 1, 8, 4), (8, 4, 8, 2), (1, 2, 4, 1), (8, 1, 1, 1)]
)
def test_auto_is_as_many_processes_as_cores_and_shards_allow(
    cores: int, threads: int, shards: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "cpu_count", lambda: cores)
    assert count_processes(computing("auto", threads), shards) == count
    assert count_processes(computing(2, threads), shards) == 2


def test_a_process_alone_needs_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RANK", raising=False)
    alone, own = Processes(), torch.ones(2)
    assert described_outside() is None
    assert alone.gather(own) == [own]
    assert alone.told(3, 4) == (3, 4) and alone.shared(b"A") == b"A"
