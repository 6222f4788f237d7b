"""Restoring without a discriminator: the generator learns the true images by their pixels alone."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import Optimizer

from nashgan.games.batches import Batches
from nashgan.games.curves import MEMORY, SPEED, Curve, Fact
from nashgan.games.game import GameParams
from nashgan.games.optimisation import create_optimizer, descend
from nashgan.games.running_average import Average, HalfLife
from nashgan.models.config import ModelConfig, build_generator
from nashgan.runtime.device import Device
from nashgan.runtime.randomness import derive_seed

CURVES = (
    Curve(
        "Loss",
        {"loss": ("loss", "g")},
        "it falls steeply, then slowly. The loss is the mean absolute difference from the true image, of "
        "pixels in -1 to 1.",
        from_zero=True,
    ),
    Curve(
        "Gradient norm",
        {"grad_norm": ("generator", "g")},
        "it stays within a factor of about ten after the first rows. A rise over several powers of ten is "
        "an explosion.",
        log=True,
    ),
    SPEED,
    MEMORY,
)


@dataclass
class RegressionGame:
    """A generator that is given images, its running average, and how it learns."""

    in_one_step: ClassVar[bool] = False
    depends_on_length: ClassVar[bool] = False
    facts: ClassVar[tuple[Fact, ...]] = ()
    ignores: ClassVar[frozenset[str]] = frozenset({
        *("objective", "model.discriminator", "model.beta", "model.gamma"),
        *("train.lr_discriminator", "train.accumulate"),
    })  # fmt: skip

    config: ModelConfig
    generator: nn.Module
    average: Average
    optimizer: Optimizer
    batch: int
    device: Device

    @classmethod
    def create(cls, config: ModelConfig, game_params: GameParams, device: Device, split: int) -> "RegressionGame":
        """A new game; its weights are a function of ``train.seed``. The learning rate is ``train.lr_generator``."""
        train = game_params.learning
        torch.manual_seed(derive_seed(train.seed, "weights"))
        generator = device.place(build_generator(config))
        return cls(
            config=config,
            generator=generator,
            average=Average(generator, HalfLife.of(train)),
            optimizer=create_optimizer(generator.parameters(), train.lr_generator, train),
            batch=train.batch,
            device=device,
        )

    @classmethod
    def objective(cls, loss: str) -> str:
        return "mean absolute difference"

    @classmethod
    def curves(cls, loss: str) -> tuple[Curve, ...]:
        return CURVES

    @property
    def partner(self) -> None:
        return None

    @property
    def measures(self) -> tuple[str, ...]:
        """The loss, and the gradient's norm."""
        return ("loss", "grad_norm")

    @property
    def indifferent_loss(self) -> float:
        return 0.0

    @property
    def step_images(self) -> int:
        return self.batch

    def modules(self) -> dict[str, nn.Module]:
        return {"g": self.generator, "average": self.average.module}

    def optimizers(self) -> dict[str, Optimizer]:
        return {"g": self.optimizer}

    def step(self, batches: Batches, seen: int) -> Float[Tensor, "2"]:
        """One step towards the true images. Returns the measures."""
        real, given = batches(seen // self.batch)
        z = torch.randn(len(real), self.config.latent, device=self.device.torch)
        with self.device.autocast():
            made = self.generator(z, given).float()
        loss = (made - real).abs().mean()
        norm = descend(loss, self.optimizer)
        return torch.stack([loss.detach(), norm])
