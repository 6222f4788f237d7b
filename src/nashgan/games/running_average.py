"""The running average: the exponential moving average of a generator's weights. The averaged generator is sampled."""

import copy
from dataclasses import dataclass

import torch
from torch import nn

from nashgan.games.optimisation import scheduled
from nashgan.games.params import LearningParams


@dataclass(frozen=True)
class HalfLife:
    """The half-life of an average in the course of a training, in images.

    It goes from `start` to `end` along half a cosine (Huang et al., 2024, the authors' program), and is at most the
    share `ramp` of the images seen (Karras et al., 2022, EDM's training). `start` None: the ramp alone; 0 without an
    end: no averaging. `ramp` None: no such limit.
    """

    start: int | None
    end: int | None = None  # None: it stays at `start`
    ramp: float | None = 0.05
    images: int = 1  # length of the training

    @classmethod
    def of(cls, learning: LearningParams) -> "HalfLife":
        """The half-life that the parameters describe."""
        return cls(learning.ema_half_life, learning.ema_half_life_end, learning.ema_ramp, learning.images)

    def __call__(self, seen: int) -> float:
        """The half-life, in images, after `seen` images."""
        ramp = float("inf") if self.ramp is None else self.ramp * seen
        return ramp if self.start is None else min(scheduled(self.start, self.end, seen / self.images), ramp)


class Average:
    """Running average of all weights and batch-norm statistics of `module`."""

    def __init__(self, module: nn.Module, half_life: HalfLife) -> None:
        self.module = copy.deepcopy(module).eval().requires_grad_(False)
        self.half_life = half_life

    @torch.no_grad()
    def update(self, module: nn.Module, images: int, seen: int) -> None:
        """Move towards `module` after a step over `images` images, `seen` in all."""
        half_life = self.half_life(seen)
        weight = 1 - 0.5 ** (images / half_life) if half_life else 1.0
        mine, theirs = list(self.module.state_dict().values()), list(module.state_dict().values())
        averaged = [i for i, value in enumerate(mine) if value.is_floating_point()]
        torch._foreach_lerp_([mine[i] for i in averaged], [theirs[i] for i in averaged], weight)
        for counter in set(range(len(mine))) - set(averaged):  # batch norm's count of batches
            mine[counter].copy_(theirs[counter])
