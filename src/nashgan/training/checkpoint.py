"""Checkpoints: a safetensors file and a JSON file with its checksum, by which a torn one is found and skipped."""

import hashlib
import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from filelock import FileLock, Timeout
from torch import Tensor

from nashgan.games.game import Game
from nashgan.records.weights import save_tensors
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import remove_torn, sha256, write_json

KEPT = 2
HALF_COPIED = ".tmp"  # at the end of the name of a folder that becomes a training's when it is whole
AT_THE_END = "at_the_end"  # a folder with the checkpoints that a longer training goes on from
STOPPED = "-stopped"  # at the end of the name of a checkpoint that was not due
BEST = "best"  # at the start of the names of the best weights, in a checkpoint of a later moment


@dataclass(frozen=True)
class Checkpoint:
    """What was read: tensors for `restore`, and the loop's own state."""

    tensors: dict[str, Tensor]
    state: dict[str, Any]


class Checkpoints:
    """The checkpoints of one training, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def lock(self) -> FileLock:
        """The lock of the process that trains here. The system releases it whenever the process ends."""
        return FileLock(self.folder.with_suffix(".lock"), timeout=0)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Lock the folder against other processes, and remove half-written files of a killed one.

        Raises UserError where another process trains here.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with self.lock:
                remove_torn(self.folder)
                yield
        except Timeout:
            raise UserError(
                f"{self.folder}: another process trains with the same parameters and data; run this again when it ends"
            ) from None

    def save(
        self, game: Game, state: dict[str, Any], due: bool = True, best: Mapping[str, Tensor] | None = None
    ) -> None:
        """Write a checkpoint of ``state["seen"]`` images; the JSON comes last and makes it valid.

        `best` are weights of an earlier moment. They are in the same file, so that after a rollback the best weights of
        that time are known. The two newest checkpoints that were due are kept, and the newest of all.
        """
        path = self.folder / f"{state['seen']:012d}{'' if due else STOPPED}.safetensors"
        earlier = {f"{BEST}.{name}": value for name, value in (best or {}).items()}
        save_tensors(path, dict(_tensors(game)) | earlier)
        write_json(path.with_suffix(".json"), {"sha256": _checksum(path, state), "state": state})
        regular = [old for old in self._files() if STOPPED not in old.stem]
        for old in self._files():
            if old not in regular[-KEPT:] and old != path:
                _remove(old)

    def save_at_the_end(self, game: Game, state: dict[str, Any], due: bool, best: Mapping[str, Tensor]) -> None:
        """Write a checkpoint for a longer training, into a folder with copies of the others that it needs."""
        ended = self.folder / AT_THE_END
        shutil.rmtree(ended, ignore_errors=True)
        shutil.copytree(self.folder, ended, ignore=shutil.ignore_patterns(AT_THE_END, ".*"))
        Checkpoints(ended).save(game, state, due, best)

    def newest(self, until: int | None = None) -> Checkpoint | None:
        """The newest intact checkpoint. A damaged one is reported on stderr and skipped.

        With `until`, the newest one of at most so many images that was due. The others do not count then, because a
        training that goes back must end the same, whether it was stopped in between or not.
        """
        for path in reversed(self._files()):
            if until is not None and (_seen(path) > until or STOPPED in path.stem):
                continue
            try:
                note = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
                if note["sha256"] != _checksum(path, note["state"]):
                    raise ValueError("its checksum does not fit")
                return Checkpoint(safetensors.torch.load_file(path), note["state"])
            except (OSError, ValueError, KeyError, TypeError) as error:
                print(f"warning: checkpoint {path} is damaged ({error}); using the one before it", file=sys.stderr)
        return None

    def drop_after(self, seen: int) -> None:
        """Remove the checkpoints of more than `seen` images, after the training went back."""
        for path in self._files():
            if _seen(path) > seen:
                _remove(path)

    def clear(self) -> None:
        """Remove all checkpoints: the training is complete, or a new one starts."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def seen(self) -> int | None:
        """Images seen at the newest checkpoint, None where there is none."""
        return max(map(_seen, self._files()), default=None)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*.safetensors"), key=_seen)


def to_bytes(game: Game) -> bytes:
    """Every weight, average and optimizer moment."""
    return safetensors.torch.save(dict(_tensors(game)))


def from_bytes(game: Game, data: bytes) -> None:
    """The opposite of `to_bytes`, bit for bit."""
    restore(game, Checkpoint(safetensors.torch.load(data), {}))


def weights(game: Game) -> dict[str, Tensor]:
    """A copy of every weight and average."""
    return {
        f"{name}.{key}": _copy(value)
        for name, module in game.modules().items()
        for key, value in module.state_dict().items()
    }


def restore_weights(game: Game, tensors: dict[str, Tensor]) -> None:
    """The opposite of `weights`, bit for bit."""
    for name, module in game.modules().items():
        module.load_state_dict(_part(tensors, name))


def restore(game: Game, checkpoint: Checkpoint) -> dict[str, Tensor]:
    """Put every weight, average and optimizer moment back, bit for bit. Returns the best moment's weights, if any."""
    tensors = checkpoint.tensors
    restore_weights(game, tensors)
    for name, optimizer in game.optimizers().items():
        moments: dict[int, dict[str, Tensor]] = {}
        parameters = optimizer.param_groups[0]["params"]
        for key, value in _part(tensors, f"optimizer_{name}").items():
            index, moment = key.split(".")
            if moment != "step":  # the fused kernel wants the parameter's own layout, channels last say
                value = torch.empty_like(parameters[int(index)]).copy_(value)
            moments.setdefault(int(index), {})[moment] = value
        optimizer.load_state_dict({**optimizer.state_dict(), "state": moments})
    return _part(tensors, BEST)


def _seen(path: Path) -> int:
    return int(path.stem.removesuffix(STOPPED))


def _remove(path: Path) -> None:
    path.with_suffix(".json").unlink(missing_ok=True)
    path.unlink()


def _checksum(path: Path, state: dict[str, Any]) -> str:
    return hashlib.sha256((sha256(path) + json.dumps(state, sort_keys=True)).encode()).hexdigest()


def _part(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {key.removeprefix(f"{name}."): value for key, value in tensors.items() if key.startswith(f"{name}.")}


def _tensors(game: Game) -> Iterator[tuple[str, Tensor]]:
    yield from weights(game).items()
    for name, optimizer in game.optimizers().items():
        for index, moments in optimizer.state_dict()["state"].items():
            for key, value in moments.items():
                yield f"optimizer_{name}.{index}.{key}", _copy(value)


def _copy(value: Tensor) -> Tensor:
    return value.detach().cpu().contiguous().clone()
