"""Restoring without a discriminator: the generator learns the true images by their pixels alone."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from nashgan.games.alone import GeneratorAlone
from nashgan.games.batches import Batches
from nashgan.games.curves import MEMORY, SPEED, Curve, gradient_norm
from nashgan.games.game import GameParams
from nashgan.games.optimisation import add_gradient, create_optimizer, move
from nashgan.games.running_average import Average, HalfLife
from nashgan.games.shards import Shards
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
    gradient_norm("generator", "g"),
    SPEED,
    MEMORY,
)


@dataclass
class RegressionGame(GeneratorAlone):
    """A generator that is given images, its running average, and how it learns."""

    ignores: ClassVar[frozenset[str]] = GeneratorAlone.ignores | {"model.beta"}

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
            shards=Shards(train.shards, device.processes),
            device=device,
        )

    @classmethod
    def objective(cls, loss: str) -> str:
        return "mean absolute difference"

    @classmethod
    def curves(cls, loss: str) -> tuple[Curve, ...]:
        return CURVES

    @property
    def measures(self) -> tuple[str, ...]:
        """The loss, and the gradient's norm."""
        return ("loss", "grad_norm")

    def step(self, batches: Batches, seen: int) -> Float[Tensor, "2"]:
        """One step towards the true images. Returns the measures."""
        real, given = batches(seen // self.batch)
        z = torch.randn(len(real), self.config.latent, device=self.device.torch)
        own = self.shards.cut(z, given, real)
        told = self.shards.differentiate(self.differentiate, own, self.modules().values(), self.optimizer)
        return torch.cat([told, move(self.optimizer)[None]])

    def differentiate(
        self, z: Float[Tensor, "n latent"], given: Float[Tensor, "n ..."], real: Float[Tensor, "n ..."]
    ) -> Float[Tensor, "1"]:
        """Add the gradient of a shard's loss to that of the weights. Returns the loss."""
        with self.device.autocast():
            made = self.generator(z, given).float()
        loss: Tensor = (made - real).abs().mean()
        add_gradient(loss)
        return loss.detach()[None]
