"""The Gaussian's game: one step that sees the whole training split."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import Optimizer

from nashgan.games.batches import Batches
from nashgan.games.curves import Curve, Fact
from nashgan.games.game import GameParams
from nashgan.games.running_average import Average, HalfLife
from nashgan.models.config import ModelConfig
from nashgan.models.gaussian import Generator, overshoot
from nashgan.models.generator import BLOCK
from nashgan.runtime.device import Device
from nashgan.runtime.randomness import derive_seed
from nashgan.spaces.image import as_images

CHUNK = 4096  # images at a time
PASSES, EXTRA = 8, 64  # passes over the images; directions beyond 2 · rank. On digits this is exact to 1e-5
REAL_SHARE = 0.95  # share of the training images that, projected onto the fit, meet the requirement
TRIALS = 16 * BLOCK  # samples that the walk is measured with

Chunks = Callable[[], Iterator[Float[Tensor, "n pixels"]]]  # a new pass over the images at each call


FACTS = (
    Fact(
        "explained",
        "Share of the images' variance in the fit",
        "close to 100 %. The rest are details that no sample can show. A larger model.latent makes the rest smaller.",
    ),
    Fact(
        "met_before",
        "Samples within the pixels' range before the random walk",
        "well above 0 %. The lower it is, the less the images are like a normal distribution.",
    ),
    Fact(
        "met",
        "Samples within the pixels' range after the random walk",
        "100 %. Otherwise the walk ended at its largest number of steps. A smaller model.latent makes the "
        "walk shorter.",
    ),
    Fact(
        "acceptance",
        "Accepted steps of the random walk",
        "5 to 40 %. Near 0 % almost no step is accepted. Near 100 % the samples hardly move in a step.",
    ),
)


@dataclass
class GaussianGame:
    """A fit in closed form, in one step. There is no second player, and the average equals the generator."""

    in_one_step: ClassVar[bool] = True
    depends_on_length: ClassVar[bool] = False
    facts: ClassVar[tuple[Fact, ...]] = FACTS
    ignores: ClassVar[frozenset[str]] = frozenset({
        *("objective", "model.discriminator", "model.width", "model.beta", "model.gamma", "train.images"),
        *("train.lr_generator", "train.lr_discriminator", "train.lr_end", "train.beta1", "train.beta2"),
        *("train.beta2_end", "train.ema_half_life", "train.ema_half_life_end", "train.ema_ramp"),
        *("train.optimizer", "train.clip_gradients", "train.accumulate", "train.shards"),
        *("train.warm_up", "train.patience"),
    })  # fmt: skip

    config: ModelConfig
    generator: Generator
    average: Average
    step_images: int  # the training split
    seed: int
    device: Device

    @classmethod
    def create(cls, config: ModelConfig, game_params: GameParams, device: Device, split: int) -> "GaussianGame":
        """A generator that the first step will fit to a training split of `split` images."""
        generator = Generator(as_images(config.space), config.latent, config.width, config.classes).to(device.torch)
        return cls(config, generator, Average(generator, HalfLife(0)), split, game_params.learning.seed, device)

    @classmethod
    def objective(cls, loss: str) -> str:
        return "maximum likelihood"

    @classmethod
    def curves(cls, loss: str) -> tuple[Curve, ...]:
        return ()

    @property
    def measures(self) -> tuple[str, ...]:
        """The share of variance in the fit; of samples in pixel range before and after the walk; of accepted steps."""
        return ("explained", "met_before", "met", "acceptance")

    @property
    def indifferent_loss(self) -> float:
        return 0.0

    @property
    def partner(self) -> None:
        return None

    def modules(self) -> dict[str, nn.Module]:
        return {"g": self.generator, "average": self.average.module}

    def optimizers(self) -> dict[str, Optimizer]:
        return {}

    @torch.no_grad()
    def step(self, batches: Batches, seen: int) -> Float[Tensor, "4"]:
        """Fit the generator to all images and try the walk. Returns the measures."""
        g = self.generator
        random = torch.Generator().manual_seed(derive_seed(self.seed, "fit"))
        explained = fit(g, lambda: chunks(batches, self.device.torch), random)
        walk = g.walk(torch.randn(TRIALS, self.config.latent, generator=random), random)
        return torch.tensor([explained, walk.met_before, walk.met, walk.acceptance], device=self.device.torch)


def chunks(batches: Batches, device: torch.device) -> Iterator[Float[Tensor, "n pixels"]]:
    """All examples as rows of what the players see, some at a time: the whole need not fit into memory."""
    for start in range(0, len(batches.values), CHUNK):
        piece = torch.from_numpy(np.array(batches.values[start : start + CHUNK])).to(device)
        yield batches.space.to_players(piece).flatten(1)


def fit(generator: Generator, images: Chunks, random: torch.Generator) -> float:
    """Fit mean, factor and limit to the images. Returns the share of their variance that the factor has.

    The mean is the images', the covariance factorᵀ factor is the best of rank `latent`: the leading eigenvectors of the
    images' covariance times the roots of their eigenvalues (Eckart and Young, 1936). That is probabilistic principal
    component analysis (Tipping and Bishop, 1999, equation 7) without its isotropic noise, which in images is speckle on
    every pixel. The limit is the overshoot that REAL_SHARE of the images, projected onto the model, do not exceed.
    """
    latent, pixels = generator.factor.shape
    count = sum(map(len, images()))
    mean = torch.stack([chunk.sum(0) for chunk in images()]).sum(0) / count
    variance = torch.stack([(chunk - mean).square().sum() for chunk in images()]).sum() / count

    def covariance(directions: Float[Tensor, "pixels k"]) -> Float[Tensor, "pixels k"]:
        total = torch.zeros_like(directions)
        for chunk in images():
            centred = chunk - mean
            total += centred.T @ (centred @ directions)
        return total / count

    values, vectors = leading_eigenpairs(covariance, pixels, min(latent, pixels), mean.device, random)
    generator.mean.copy_(mean)
    generator.factor.zero_()
    generator.factor[: len(values)] = (vectors * values.sqrt()).T  # more latents than pixels: the rest has no effect
    projected = [overshoot(mean + ((chunk - mean) @ vectors) @ vectors.T) for chunk in images()]
    generator.limit.copy_(torch.cat(projected).quantile(REAL_SHARE))
    return float(values.sum() / variance) if variance else 1.0


def leading_eigenpairs(
    apply: Callable[[Float[Tensor, "n k"]], Float[Tensor, "n k"]],
    size: int,
    rank: int,
    device: torch.device,
    random: torch.Generator,
) -> tuple[Float[Tensor, " rank"], Float[Tensor, "n rank"]]:
    """The `rank` largest eigenvalues in falling order, and their vectors, of a positive symmetric matrix.

    `apply` multiplies the matrix by the columns of its argument.

    Randomised subspace iteration (Halko, Martinsson and Tropp, 2011, algorithms 4.4 and 5.3).
    """

    def orthonormal(directions: Tensor) -> Tensor:
        basis: Tensor = torch.linalg.qr(directions.cpu()).Q
        return basis.to(device)

    basis = orthonormal(torch.randn(size, min(2 * rank + EXTRA, size), generator=random))
    for _ in range(PASSES):
        basis = orthonormal(apply(basis))
    small = (basis.T @ apply(basis)).cpu()
    values, vectors = torch.linalg.eigh((small + small.T) / 2)
    largest = slice(-rank, None)
    return (
        values[largest].flip(0).clamp(min=0).to(device),
        basis @ vectors[:, largest].flip(1).to(device),
    )
