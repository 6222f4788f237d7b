"""``nashgan checkpoints``: what waits to go on, and its removal."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch

from nashgan.records.paths import Paths
from nashgan.runtime.device import Device
from nashgan.runtime.errors import UserError
from nashgan.training.checkpoint import Checkpoints
from nashgan.training.interrupted import Begun, crowded, listing, prune, remember

BEGUN = Begun(training="t" * 32, started=datetime.now(UTC), threads=1)


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """Two trainings: one stopped two hours ago, one that is damaged and new."""
    monkeypatch.delenv("DVC_ROOT", raising=False)
    paths = Paths(tmp_path)
    old, new = paths.checkpoints / "0123456789abcdef", paths.checkpoints / "fedcba9876543210"
    remember(old, BEGUN.model_copy(update={"run_id": "r" * 32}))
    for name in ("000000000800", "000000001234-stopped"):
        (old / f"{name}.safetensors").write_bytes(bytes(2_000_000))
    for path in (old, *old.iterdir()):
        os.utime(path, 2 * (time.time() - 7200,))
    new.mkdir()
    (new / "run.json").write_text("{")
    return paths


def test_a_line_for_each_training_the_newest_first(paths: Paths) -> None:
    head, new, old = listing(paths).splitlines()
    assert head.split() == ["FINGERPRINT", "IMAGES", "AGE", "SIZE", "MLFLOW", "RUN"]
    assert new.split() == ["fedcba9876543210", "-", "0", "s", "0.0", "MB", "-"]
    assert old.split() == ["0123456789abcdef", "1,234", "2", "h", "4.0", "MB", "r" * 32]
    assert listing(paths, "0123456789abcdef").splitlines()[1:] == [old]


def test_pruning_one_leaves_the_other(paths: Paths) -> None:
    assert prune(paths, "0123456789abcdef") == "0123456789abcdef: removed, 4.0 MB"
    assert [path.name for path in paths.checkpoints.iterdir()] == ["fedcba9876543210"]
    with pytest.raises(UserError, match="no checkpoints of 0123456789abcdef"):
        prune(paths, "0123456789abcdef")


def test_pruning_all_leaves_what_is_in_training(paths: Paths) -> None:
    with Checkpoints(paths.checkpoints / "fedcba9876543210").held():
        assert prune(paths).splitlines() == [
            "0123456789abcdef: removed, 4.0 MB", "fedcba9876543210: left, it is in training"
        ]  # fmt: skip
    assert prune(paths) == "fedcba9876543210: removed, 0.0 MB"
    assert list(paths.checkpoints.iterdir()) == []
    assert prune(paths) == "no checkpoints: nothing to remove"
    assert listing(paths) == "no checkpoints: there is no training to continue"


@pytest.mark.parametrize("fingerprint", [None, "0123456789abcdef"])
def test_a_half_done_copy_is_no_training_and_goes_with_it(paths: Paths, fingerprint: str | None) -> None:
    """A kill leaves it while the training takes over the state of a finished one."""
    before = listing(paths)
    copy = paths.checkpoints / "0123456789abcdef.tmp"
    remember(copy, BEGUN)
    assert listing(paths) == before
    with Checkpoints(paths.checkpoints / "0123456789abcdef").held():
        assert "0123456789abcdef.tmp: left, it is in training" in prune(paths, fingerprint)
    assert "0123456789abcdef.tmp: removed" in prune(paths, fingerprint)
    assert not copy.exists()


@pytest.mark.parametrize(("threads", "few"), [(1, True), (1000, False)])
def test_more_threads_than_cores_are_told(paths: Paths, threads: int, few: bool) -> None:
    cpu = Device(torch.device("cpu"), bf16=False)
    for folder, pid in (("0123456789abcdef", os.getpid()), ("fedcba9876543210", os.getppid())):
        assert crowded(paths.checkpoints, cpu) is None  # fewer than two run
        remember(paths.checkpoints / folder, BEGUN.model_copy(update={"threads": threads, "pid": pid}))
    told = crowded(paths.checkpoints, cpu)
    if few and (os.cpu_count() or 1) >= 2:
        assert told is None
    elif not few:
        assert told is not None and told.startswith("2 trainings with 2000 threads share")
        share = (os.cpu_count() or 1) // 2
        assert (f"OMP_NUM_THREADS={share} for all of them is faster" if share else "run 1 at a time") in told
    assert crowded(paths.checkpoints, Device(torch.device("meta"), bf16=False)) is None


def test_one_process_at_a_time_and_nothing_half_written_stays(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "f")
    (tmp_path / "f" / "timeline").mkdir(parents=True)
    for name in (".000000000008.safetensors.x1.tmp", "timeline/.000000000.png.x2.tmp", "run.json"):
        (tmp_path / "f" / name).touch()
    with checkpoints.held():
        assert sorted(path.name for path in checkpoints.folder.iterdir()) == ["run.json", "timeline"]
        assert list((checkpoints.folder / "timeline").iterdir()) == []
        with pytest.raises(UserError, match="another process trains"), Checkpoints(tmp_path / "f").held():
            raise AssertionError
    with checkpoints.held():
        pass
