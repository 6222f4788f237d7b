"""The training loop: reads top to bottom, counts in images seen, and can be left and entered at any step."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import UInt8

from nashgan.errors import Interrupted
from nashgan.models.bundle import to_uint8
from nashgan.params import ObjectiveParams, TrainParams
from nashgan.progress import progress
from nashgan.randomness import derive_seed
from nashgan.training.checkpoint import Checkpoints, restore
from nashgan.training.history import History
from nashgan.training.images import TrainingImages
from nashgan.training.players import Players
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
    players: Players,
    images: TrainingImages,
    objective: ObjectiveParams,
    params: TrainParams,
    checkpoints: Checkpoints,
    observers: Sequence[Observer],
) -> History:
    """Play until ``params.images`` were seen, from the newest checkpoint on. Raises Interrupted on a signal."""
    history = History.on(players.device.torch)
    seen = 0
    if found := checkpoints.newest():
        restore(players, found.tensors)
        history.sums.copy_(torch.tensor(found.state["sums"]))
        history.steps, history.rows, seen = found.state["steps"], found.state["rows"], found.state["seen"]

    def state() -> dict[str, object]:
        return {"seen": seen, "sums": history.sums.tolist(), "steps": history.steps, "rows": history.rows}

    fixed = torch.randn(
        TIMELINE_IMAGES, players.latent, generator=torch.Generator().manual_seed(derive_seed(params.seed, "timeline"))
    ).to(players.device.torch)

    def show_timeline() -> None:
        with torch.inference_mode():
            pictures = to_uint8(players.average.module(fixed).float().cpu())
        for observer in observers:
            observer.timeline(pictures, seen)

    if seen == 0:
        show_timeline()
    step_images = params.batch * objective.d_steps  # seen by D before each move of G
    history.open_window(seen)
    with stop_request() as stop, progress("train", params.images, start=seen) as advance:
        while seen < params.images:
            torch.manual_seed(derive_seed(params.seed, "step", seen))  # latents and dropout of this step

            first = seen // params.batch
            moves = [players.discriminator_step(images(first + k)) for k in range(objective.d_steps)]
            d_loss, d_real, d_fake, d_norm = torch.stack(moves).mean(0)
            g_loss, g_norm = players.generator_step(params.batch)

            before, seen = seen, seen + step_images
            players.average.update(players.generator, step_images, seen)
            history.add(torch.stack([d_loss, g_loss, d_real, d_fake, d_norm, g_norm]))

            def due(every: int, before: int = before, after: int = seen) -> bool:
                return before // every != after // every or after >= params.images

            if due(params.log_every):
                row = history.close_window(seen, params.lr_discriminator, params.lr_generator)
                for observer in observers:
                    observer.history(row)
            if due(params.sample_every):
                show_timeline()
            if stop or (due(params.checkpoint_every) and seen < params.images):
                checkpoints.save(players, state())
            if stop:
                raise Interrupted(f"{stop.received!r}: stopped after {seen:,} images")
            shown = history.rows[-1] if history.rows else {}
            advance(step_images, **{name: shown[name] for name in ("d_loss", "g_loss", "d_real", "d_fake") if shown})
    return history
