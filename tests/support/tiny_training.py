"""A training of a few steps on noise, and a witness of it."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import yaml
from record_files import repeatable
from torch import nn

from nashgan.games.adversarial import AdversarialGame
from nashgan.games.batches import Batches
from nashgan.games.game import GameParams
from nashgan.models.config import ModelConfig
from nashgan.params import Params, parse_params
from nashgan.records.examples import Examples
from nashgan.records.train_run import WatchdogEvent
from nashgan.runtime.device import Device
from nashgan.spaces.image import ImageSpace
from nashgan.training.checkpoint import Checkpoints
from nashgan.training.history import History
from nashgan.training.loop import Score, Scored, train

TINY = {"images": 96, "batch": 8, "log_every": 16, "sample_every": 48, "checkpoint_every": 24, "ema_half_life": 50}
CLASSIC: dict[str, dict[str, object]] = {  # whatever the recipe of images is
    "model": {"name": "dcgan", "conditional": False},
    "objective": {"loss": "non_saturating", "penalty": "none"},
    "train": {"lr_generator": 0.0002, "lr_discriminator": 0.0002, "lr_end": 1.0, "beta1": 0.5, "beta2": 0.999, **TINY},
}
PICTURES = np.random.default_rng(0).integers(0, 256, (40, 1, 32, 32), dtype=np.uint8)
FP32 = Device(torch.device("cpu"), bf16=False)


def parameters(**changes: dict[str, object]) -> Params:
    values = yaml.safe_load((Path(__file__).parents[2] / "params.yaml").read_text())
    for section in {**CLASSIC, **changes}:
        values[section] |= CLASSIC.get(section, {}) | changes.get(section, {})
    return parse_params(values)


@dataclass
class Witness:
    """An observer that records what the loop reports, and sends its process a signal after a number of rows."""

    stop_after: int | None = None
    rows: list[dict[str, float]] = field(default_factory=list)
    scores: list[dict[str, float]] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    events: list[WatchdogEvent] = field(default_factory=list)

    def history(self, row: dict[str, float]) -> None:
        self.rows.append(row)
        if len(self.rows) == self.stop_after:
            os.kill(os.getpid(), signal.SIGTERM)

    def score(self, row: dict[str, float]) -> None:
        self.scores.append(row)

    def event(self, event: WatchdogEvent) -> None:
        self.events.append(event)

    def timeline(self, samples: np.ndarray, seen: int) -> None:
        assert samples.dtype == np.uint8
        self.seen.append(seen)


@dataclass
class Told:
    """A score that a function computes from the averaged generator."""

    value: Callable[[nn.Module], float]
    name: str = "fcd"

    def __call__(self, module: nn.Module) -> Scored:
        return Scored(self.value(module))


def exact(history: History) -> object:
    return repeatable(history.rows), history.scores


def play(
    folder: Path, params: Params, witness: Witness, device: Device = FP32, score: Score | None = None
) -> tuple[AdversarialGame, History]:
    players, batches = game_of(params, device)
    return players, train(players, batches, params.train, Checkpoints(folder), [witness], score)


def game_of(params: Params, device: Device = FP32) -> tuple[AdversarialGame, Batches]:
    config = ModelConfig(name=params.model.name, examples=ImageSpace(1, 32, 32).format, latent=4, width=2)
    players = AdversarialGame.create(config, game_params(params), device, len(PICTURES))
    return players, Batches(Examples(PICTURES), config.space, params.train.batch, params.train.seed, device.torch)


def game_params(params: Params) -> GameParams:
    return GameParams(params.model, params.objective, params.train)
