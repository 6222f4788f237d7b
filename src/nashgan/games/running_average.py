"""The running average: the exponential moving average of a generator's weights. The averaged generator is sampled."""

import copy

import torch
from torch import nn

RAMP_UP = 0.05  # the half-life grows with this share of the images seen (Karras et al., 2022, EDM's training)


class Average:
    """Running average of all weights and batch-norm statistics of `module`.

    `half_life` is in images; None: the ramp alone, 0: no averaging.
    """

    def __init__(self, module: nn.Module, half_life: int | None) -> None:
        self.module = copy.deepcopy(module).eval().requires_grad_(False)
        self.half_life = half_life

    @torch.no_grad()
    def update(self, module: nn.Module, images: int, seen: int) -> None:
        """Move towards `module` after a step over `images` images, `seen` in all."""
        ramp = RAMP_UP * seen
        half_life = ramp if self.half_life is None else min(self.half_life, ramp)
        weight = 1 - 0.5 ** (images / half_life) if half_life else 1.0
        mine, theirs = list(self.module.state_dict().values()), list(module.state_dict().values())
        averaged = [i for i, value in enumerate(mine) if value.is_floating_point()]
        torch._foreach_lerp_([mine[i] for i in averaged], [theirs[i] for i in averaged], weight)
        for counter in set(range(len(mine))) - set(averaged):  # batch norm's count of batches
            mine[counter].copy_(theirs[counter])
