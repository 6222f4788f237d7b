"""Checkpoints: safetensors beside JSON that carries the checksum, so that a torn one is known and passed over."""

import json
import math
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from nashgan.files import sha256, write_json
from nashgan.models.weights import save_tensors
from nashgan.training.game import Game

KEPT = 2


@dataclass(frozen=True)
class Checkpoint:
    """What was read: tensors for `restore`, and the loop's own state."""

    tensors: dict[str, Tensor]
    state: dict[str, Any]


class Checkpoints:
    """The checkpoints of one training, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, game: Game, state: dict[str, Any]) -> None:
        """Write one for ``state["seen"]`` images; the JSON comes last and makes it valid. The two newest stay."""
        path = self.folder / f"{state['seen']:012d}.safetensors"
        save_tensors(path, dict(_tensors(game)))
        write_json(path.with_suffix(".json"), {"sha256": sha256(path), "state": state})
        for old in sorted(self.folder.glob("*.safetensors"))[:-KEPT]:
            old.with_suffix(".json").unlink(missing_ok=True)
            old.unlink()

    def newest(self, until: float = math.inf) -> Checkpoint | None:
        """The newest intact checkpoint of at most `until` images; a damaged one is named on stderr and passed over."""
        for path in sorted(self.folder.glob("*.safetensors"), reverse=True):
            if int(path.stem) > until:
                continue
            try:
                note = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
                if note["sha256"] != sha256(path):
                    raise ValueError("its checksum does not fit")
                return Checkpoint(safetensors.torch.load_file(path), note["state"])
            except (OSError, ValueError, KeyError) as error:
                print(f"warning: checkpoint {path} is damaged ({error}); taking the one before", file=sys.stderr)
        return None

    def drop_after(self, seen: int) -> None:
        """Remove those of more than `seen` images: the training went back."""
        for path in self.folder.glob("*.safetensors"):
            if int(path.stem) > seen:
                path.with_suffix(".json").unlink(missing_ok=True)
                path.unlink()

    def clear(self) -> None:
        """Remove them all: the training is complete, or starts afresh."""
        shutil.rmtree(self.folder, ignore_errors=True)


def restore(game: Game, tensors: dict[str, Tensor]) -> None:
    """Put every weight, average and optimizer moment back, bit for bit."""
    for name, module in game.modules().items():
        module.load_state_dict(_part(tensors, name))
    for name, optimizer in game.optimizers().items():
        moments: dict[int, dict[str, Tensor]] = {}
        parameters = optimizer.param_groups[0]["params"]
        for key, value in _part(tensors, f"optimizer_{name}").items():
            index, moment = key.split(".")
            if moment != "step":  # the fused kernel wants the parameter's own layout, channels last say
                value = torch.empty_like(parameters[int(index)]).copy_(value)
            moments.setdefault(int(index), {})[moment] = value
        optimizer.load_state_dict({**optimizer.state_dict(), "state": moments})


def _part(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {key.removeprefix(f"{name}."): value for key, value in tensors.items() if key.startswith(f"{name}.")}


def _tensors(game: Game) -> Iterator[tuple[str, Tensor]]:
    for name, module in game.modules().items():
        for key, value in module.state_dict().items():
            yield f"{name}.{key}", value.detach().cpu().contiguous().clone()
    for name, optimizer in game.optimizers().items():
        for index, moments in optimizer.state_dict()["state"].items():
            for key, value in moments.items():
                yield f"optimizer_{name}.{index}.{key}", value.detach().cpu().contiguous().clone()
