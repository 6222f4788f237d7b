"""The training loop: reads top to bottom, counts in images seen, and can be left and entered at any step."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import UInt8

from nashgan.errors import Interrupted
from nashgan.models.bundle import to_uint8
from nashgan.params import TrainParams
from nashgan.progress import progress
from nashgan.randomness import derive_seed
from nashgan.training.checkpoint import Checkpoints, restore
from nashgan.training.game import Game
from nashgan.training.history import History
from nashgan.training.images import TrainingImages
from nashgan.training.signals import stop_request

TIMELINE_IMAGES = 64


@runtime_checkable
class Observer(Protocol):
    """Whoever wants to know how the training goes; must not block."""

    def history(self, row: dict[str, float]) -> None:
        """One row of the history; ``row["images"]`` is the step."""

    def timeline(self, images: UInt8[np.ndarray, "n c h w"], seen: int) -> None:
        """Samples of the averaged generator from latents that stay the same."""


def train(
    game: Game, images: TrainingImages, params: TrainParams, checkpoints: Checkpoints, observers: Sequence[Observer]
) -> History:
    """Play until ``params.images`` were seen, from the newest checkpoint on. Raises Interrupted on a signal."""
    history = History.of(game.measures, game.device.torch)
    seen = 0
    if found := checkpoints.newest():
        restore(game, found.tensors)
        history.sums.copy_(torch.tensor(found.state["sums"]))
        history.steps, history.rows, seen = found.state["steps"], found.state["rows"], found.state["seen"]

    def state() -> dict[str, object]:
        return {"seen": seen, "sums": history.sums.tolist(), "steps": history.steps, "rows": history.rows}

    timeline = Timeline(game, images.classes, params.seed)
    if seen == 0:
        for observer in observers:
            observer.timeline(timeline.pictures(), seen)

    history.open_window(seen)
    with stop_request() as stop, progress("train", params.images, start=seen) as advance:
        while seen < params.images:
            torch.manual_seed(derive_seed(params.seed, "step", seen))  # latents and dropout of this step

            measures = game.step(images, seen)

            before, seen = seen, seen + game.step_images
            game.average.update(game.generator, game.step_images, seen)
            history.add(measures)

            def due(every: int, before: int = before, after: int = seen) -> bool:
                return before // every != after // every or after >= params.images

            if due(params.log_every):
                row = history.close_window(seen, learning_rates(game))
                for observer in observers:
                    observer.history(row)
            if due(params.sample_every):
                for observer in observers:
                    observer.timeline(timeline.pictures(), seen)
            if stop or (due(params.checkpoint_every) and seen < params.images):
                checkpoints.save(game, state())
            if stop:
                raise Interrupted(f"{stop.received!r}: stopped after {seen:,} images")
            shown = history.rows[-1] if history.rows else {}
            advance(game.step_images, **{name: shown[name] for name in game.measures[:4] if shown})
    return history


def learning_rates(game: Game) -> dict[str, float]:
    """The history's columns ``lr_d`` and ``lr_g``, or what the game's optimizers are called."""
    return {f"lr_{name}": optimizer.param_groups[0]["lr"] for name, optimizer in game.optimizers().items()}


class Timeline:
    """Samples of the averaged generator from latents that stay the same, of the classes in turn where there are any."""

    def __init__(self, game: Game, classes: int, seed: int) -> None:
        random = torch.Generator().manual_seed(derive_seed(seed, "timeline"))
        self.game = game
        self.z = torch.randn(TIMELINE_IMAGES, game.latent, generator=random).to(game.device.torch)
        self.labels = torch.arange(TIMELINE_IMAGES, device=game.device.torch) % classes if classes else None

    @torch.inference_mode()
    def pictures(self) -> UInt8[np.ndarray, "n c h w"]:
        """The samples as they are now."""
        return to_uint8(self.game.average.module(self.z, self.labels).float().cpu())
