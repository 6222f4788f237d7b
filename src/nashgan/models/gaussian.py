"""The normal distribution as a generator, and the random walk that corrects its samples.

    x = mean + z · factor,  z from N(0, I):  N(mean, factorᵀ factor), of rank `latent`

A normal distribution is not bounded, so some of its samples lie far outside [-1, 1]. Each of these is moved by
Metropolis steps under the fitted density, until it is outside by no more than a limit, which real images set; see
`walk`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from nashgan.models.conditional import Condition
from nashgan.spaces.image import ImageSpace

STEPS = 1000  # largest number of steps; 64 dimensions need about 300 on digits
STRIDE = 2.38  # times 1/√latent: a step's standard deviation, the best for a normal target (Roberts et al., 1997)


@dataclass(frozen=True)
class Walk:
    """The latent vectors after the walk, and shares that describe the walk."""

    z: Float[Tensor, "n latent"]
    met_before: float  # share of the vectors that met the requirement before the first step
    met: float  # the same share after the last step
    acceptance: float  # share of the proposed steps that were accepted; 0 where no step was needed


class Generator(nn.Module):
    """Latents to images in [-1, 1]. Nothing here is learned by gradients: `fit` in games/gaussian.py sets it."""

    mean: Tensor  # (pixels,)
    factor: Tensor  # (latent, pixels)
    limit: Tensor  # (), the largest `overshoot` allowed
    steps: int = STEPS  # of the walk, at most

    def __init__(self, image: ImageSpace, latent: int, width: int, classes: int = 0) -> None:
        super().__init__()
        self.image = image
        self.condition = Condition(latent, classes)
        self.register_buffer("mean", torch.zeros(math.prod(image.shape)))
        self.register_buffer("factor", torch.zeros(latent, math.prod(image.shape)))
        self.register_buffer("limit", torch.zeros(()))

    def unbounded(self, z: Float[Tensor, "n latent"]) -> Float[Tensor, "n pixels"]:
        """Samples of the normal distribution, not clipped."""
        return self.mean + z @ self.factor

    @torch.no_grad()
    def overshoot_quantile(self, images: Float[Tensor, "n c h w"], share: float) -> float:
        """The `overshoot` that `share` of the images do not exceed, after projection onto the model."""
        directions = self.factor / self.factor.norm(dim=1, keepdim=True).clamp(min=torch.finfo(torch.float32).tiny)
        centred = images.flatten(1) - self.mean
        return float(overshoot(self.mean + (centred @ directions.T) @ directions).quantile(share))

    def forward(
        self, z: Float[Tensor, "n latent"], labels: Int64[Tensor, " n"] | None = None
    ) -> Float[Tensor, "n c h w"]:
        pixels = self.unbounded(self.condition(z, labels)).clamp(-1, 1)
        return pixels.view(-1, *self.image.shape)

    def correct(self, z: Float[Tensor, "n latent"], random: torch.Generator) -> Float[Tensor, "n latent"]:
        """The latent vectors after the walk."""
        return self.walk(z, random).z

    @torch.no_grad()
    def walk(self, z: Float[Tensor, "n latent"], random: torch.Generator) -> Walk:
        """Walk until no image overshoots the pixel range by more than the limit, at most `steps` steps."""
        return metropolis(
            z.to(self.mean.device), lambda z: overshoot(self.unbounded(z)), self.limit, STRIDE, self.steps, random
        )


def overshoot(x: Float[Tensor, "n pixels"]) -> Float[Tensor, " n"]:
    """How far an image is outside of [-1, 1]: the root mean square over its pixels."""
    return (x.abs() - 1).clamp(min=0).square().mean(1).sqrt()


def metropolis(
    z: Float[Tensor, "n latent"],
    excess: Callable[[Float[Tensor, "n latent"]], Float[Tensor, " n"]],
    limit: Float[Tensor, ""],
    stride: float,
    steps: int,
    random: torch.Generator,
) -> Walk:
    """Random-walk Metropolis under N(0, I) for each row of `z`, until its `excess` is at most `limit`.

    z' = z + stride/√latent · N(0, I) is accepted with probability min(1, p(z') / p(z)), and only if its excess is not
    larger than that of z, as in nested sampling (Skilling, 2006). Without this condition the walk would rarely reach
    the limit. A row that meets the requirement is not moved. With a constant `excess` above `limit`, this is the plain
    random walk, which leaves N(0, I) unchanged. The result depends only on z and on `random`, a generator of the CPU.
    """
    deviation = stride / z.shape[1] ** 0.5
    level, accepted, proposed = excess(z), 0, 0
    met_before = (level <= limit).float().mean().item()
    for _ in range(steps):
        walking = level > limit
        if not walking.any():
            break
        there = z + deviation * torch.randn(z.shape, generator=random).to(z.device)
        luck = torch.rand(len(z), generator=random).to(z.device)
        level_there = excess(there)
        log_ratio = (z.square() - there.square()).sum(1) / 2
        moves = walking & (level_there <= level) & (luck.log() < log_ratio)
        z, level = torch.where(moves[:, None], there, z), torch.where(moves, level_there, level)
        accepted, proposed = accepted + int(moves.sum()), proposed + int(walking.sum())
    return Walk(z, met_before, (level <= limit).float().mean().item(), accepted / proposed if proposed else 0.0)
