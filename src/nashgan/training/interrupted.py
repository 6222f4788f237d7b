"""``nashgan checkpoints``: trainings that can go on, and removing what they need for it."""

import sys
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
import torch
from filelock import Timeout

from nashgan.records.paths import Paths
from nashgan.records.record import Record, validated, write_record
from nashgan.runtime.device import Device
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import read_json
from nashgan.training.checkpoint import HALF_COPIED, Checkpoints

BEGUN = "run.json"


class Begun(Record):
    """What stays the same when a training goes on: its permanent name, when it began, and its MLflow run if known."""

    training: str
    started: datetime
    threads: int  # of the CPU, in each process
    processes: int = 1  # that train, or trained last
    run_id: str | None = None  # in MLflow
    pid: int | None = None  # of the process that leads


def begin(home: Path) -> Begun:
    """What is known of the training whose checkpoints lie in `home`; a new one gets its name here.

    Warns where it goes on with another number of threads. Raises UserError where the file is damaged.
    """
    path, threads = home / BEGUN, torch.get_num_threads()
    if not path.is_file():
        remember(home, Begun(training=uuid.uuid4().hex, started=datetime.now(UTC), threads=threads))
    advice = f"run `nashgan checkpoints --prune {home.name}`"
    begun = validated(Begun, read_json(path, advice), str(path), advice)
    if begun.threads != threads:
        text = f"warning: train: began with {begun.threads} CPU threads and goes on with {threads}"
        print(f"{text}: the last bits of the result will differ (OMP_NUM_THREADS sets them)", file=sys.stderr)
    return begun


def renew(home: Path) -> None:
    """Give the training in `home`, which goes on from a finished one, a name of its own. Its threads stay known."""
    begun = _begun(home)
    if begun is None:
        (home / BEGUN).unlink(missing_ok=True)
    else:
        remember(home, Begun(training=uuid.uuid4().hex, started=datetime.now(UTC), threads=begun.threads))


def remember(home: Path, begun: Begun) -> None:
    """Write what has to be known when the training goes on."""
    write_record(home / BEGUN, begun)


@dataclass(frozen=True)
class InterruptedTraining:
    """The checkpoints of one training that has not ended, or whose end has not been written; or of a finished one."""

    fingerprint: str
    images: int | None  # seen at the newest checkpoint
    seconds: float  # since something was written
    size: int  # bytes
    run_id: str | None  # in MLflow
    finished: bool  # kept for a longer training


def listing(paths: Paths, fingerprint: str | None = None) -> str:
    """A line for each training, the newest first."""
    folders = [folder for folder in _folders(paths, fingerprint) if folder.suffix != HALF_COPIED]
    read = [_read(folder, folder.parent == paths.finished) for folder in folders]
    found = sorted(read, key=lambda kept: kept.seconds)
    if not found:
        return "no checkpoints: there is no training to continue"
    rows = [("FINGERPRINT", "IMAGES", "AGE", "SIZE", "MLFLOW RUN")]
    for kept in found:
        images = "-" if kept.images is None else f"{kept.images:,}"
        images += " finished" if kept.finished else ""
        rows.append((kept.fingerprint, images, _age(kept.seconds), f"{kept.size / 1e6:.1f} MB", kept.run_id or "-"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def crowded(checkpoints: Path, device: Device) -> str | None:
    """What would be faster, where the running trainings have more threads than the machine has cores; else None."""
    running = [begun for begun in map(_begun, checkpoints.glob("*")) if begun and _alive(begun.pid)]
    cores, threads = psutil.cpu_count() or 1, sum(begun.threads * begun.processes for begun in running)
    if device.torch.type != "cpu" or len(running) < 2 or threads <= cores:
        return None
    share = cores // len(running)
    return f"{len(running)} trainings with {threads} threads share {cores} cores and wait for one another; " + (
        f"OMP_NUM_THREADS={share} for all of them is faster, with other last bits"
        if share
        else f"run {cores} at a time"
    )


def prune(paths: Paths, fingerprint: str | None = None) -> str:
    """Remove the checkpoints of one training, or of all but those that run, and copies that a kill left half done.

    Returns what happened, a line each.
    """
    lines = []
    for folder in _folders(paths, fingerprint):
        checkpoints, size = Checkpoints(folder), _read(folder).size
        try:
            with checkpoints.lock:
                checkpoints.clear()
                folder.with_suffix(".lock").unlink(missing_ok=True)
            lines.append(f"{folder.name}: removed, {size / 1e6:.1f} MB")
        except Timeout:
            lines.append(f"{folder.name}: left, it is in training")
    return "\n".join(lines) or "no checkpoints: nothing to remove"


def _folders(paths: Paths, fingerprint: str | None) -> list[Path]:
    folders = [path for home in (paths.checkpoints, paths.finished) for path in home.glob("*") if path.is_dir()]
    chosen = [folder for folder in folders if fingerprint in (None, folder.name.removesuffix(HALF_COPIED))]
    if fingerprint is not None and not chosen:
        raise UserError(
            f"{paths.checkpoints}: no checkpoints of {fingerprint}; `nashgan checkpoints` lists those there are"
        )
    return sorted(chosen)


def _read(folder: Path, finished: bool = False) -> InterruptedTraining:
    files = [path.stat() for path in (folder, *folder.rglob("*")) if path.exists()]
    return InterruptedTraining(
        fingerprint=folder.name,
        images=Checkpoints(folder).seen,
        seconds=time.time() - max(file.st_mtime for file in files),
        size=sum(file.st_size for file in files[1:]),
        run_id=begun.run_id if (begun := _begun(folder)) else None,
        finished=finished,
    )


def _begun(folder: Path) -> Begun | None:
    """The note of a training. None where it is missing or damaged: a list must not fail because of one entry."""
    try:
        return Begun.model_validate_json((folder / BEGUN).read_bytes())
    except (OSError, ValueError):
        return None


def _alive(pid: int | None) -> bool:
    return pid is not None and psutil.pid_exists(pid)


def _age(seconds: float) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"
