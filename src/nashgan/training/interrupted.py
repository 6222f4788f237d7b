"""``nashgan checkpoints``: trainings that can go on, and removing what they need for it."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from filelock import Timeout

from nashgan.records.paths import Paths
from nashgan.runtime.device import Device
from nashgan.runtime.errors import UserError
from nashgan.training.checkpoint import Checkpoints


@dataclass(frozen=True)
class Kept:
    """The checkpoints of one training that has not ended, or whose end has not been written."""

    fingerprint: str
    images: int | None  # seen at the newest checkpoint
    seconds: float  # since something was written
    size: int  # bytes
    run_id: str | None  # in MLflow


def listing(paths: Paths, fingerprint: str | None = None) -> str:
    """A line for each training, the newest first."""
    found = sorted((_kept(folder) for folder in _folders(paths, fingerprint)), key=lambda kept: kept.seconds)
    if not found:
        return "no checkpoints: no training waits to go on"
    rows = [("FINGERPRINT", "IMAGES", "AGE", "SIZE", "MLFLOW RUN")]
    for kept in found:
        images = "-" if kept.images is None else f"{kept.images:,}"
        rows.append((kept.fingerprint, images, _age(kept.seconds), f"{kept.size / 1e6:.1f} MB", kept.run_id or "-"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def crowded(checkpoints: Path, device: Device) -> str | None:
    """What is wrong when the trainings of this repository have more threads than the machine has cores."""
    running = [run for run in map(_read_run, checkpoints.glob("*")) if _alive(run.get("pid"))]
    cores, threads = psutil.cpu_count() or 1, sum(run.get("threads", 1) for run in running)
    if device.torch.type != "cpu" or len(running) < 2 or threads <= cores:
        return None
    share = cores // len(running)
    return (
        f"{len(running)} trainings with {threads} threads share {cores} cores and slow each other down many times; "
        + (f"set OMP_NUM_THREADS={share} for all of them" if share else f"run {cores} at a time")
    )


def prune(paths: Paths, fingerprint: str | None = None) -> str:
    """Remove the checkpoints of one training, or of all but those that run. Returns what happened, a line each."""
    lines = []
    for folder in _folders(paths, fingerprint):
        checkpoints, size = Checkpoints(folder), _kept(folder).size
        try:
            with checkpoints.lock:
                checkpoints.clear()
                folder.with_suffix(".lock").unlink(missing_ok=True)
            lines.append(f"{folder.name}: removed, {size / 1e6:.1f} MB")
        except Timeout:
            lines.append(f"{folder.name}: left, it is in training")
    return "\n".join(lines) or "no checkpoints: nothing to remove"


def _folders(paths: Paths, fingerprint: str | None) -> list[Path]:
    folders = [path for path in paths.checkpoints.glob("*") if path.is_dir()]
    chosen = [folder for folder in folders if fingerprint in (None, folder.name)]
    if fingerprint is not None and not chosen:
        raise UserError(
            f"{paths.checkpoints}: no checkpoints of {fingerprint}; `nashgan checkpoints` lists those there are"
        )
    return sorted(chosen)


def _kept(folder: Path) -> Kept:
    files = [path.stat() for path in (folder, *folder.rglob("*")) if path.exists()]
    return Kept(
        fingerprint=folder.name,
        images=Checkpoints(folder).seen,
        seconds=time.time() - max(file.st_mtime for file in files),
        size=sum(file.st_size for file in files[1:]),
        run_id=_read_run(folder).get("run_id"),
    )


def _read_run(folder: Path) -> dict[str, Any]:
    """run.json, empty where it is damaged: a list must not fail because of one entry."""
    try:
        run: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        return {**run}
    except (OSError, ValueError, TypeError):
        return {}


def _alive(pid: int | None) -> bool:
    return pid is not None and psutil.pid_exists(pid)


def _age(seconds: float) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"
