"""What games without an opponent have in common: one optimizer moves all that learns."""

from dataclasses import dataclass
from typing import ClassVar

from torch import nn
from torch.optim import Optimizer

from nashgan.games.curves import Fact
from nashgan.games.running_average import Average
from nashgan.games.shards import Shards
from nashgan.models.config import ModelConfig
from nashgan.runtime.device import Device


@dataclass
class GeneratorAlone:
    """A generator, its running average, and how it learns."""

    in_one_step: ClassVar[bool] = False
    depends_on_length: ClassVar[bool] = False
    facts: ClassVar[tuple[Fact, ...]] = ()
    ignores: ClassVar[frozenset[str]] = frozenset({
        *("objective", "model.discriminator", "model.gamma", "train.lr_discriminator", "train.accumulate")
    })  # fmt: skip

    config: ModelConfig
    generator: nn.Module
    average: Average
    optimizer: Optimizer
    batch: int
    shards: Shards
    device: Device

    @property
    def partner(self) -> None:
        return None

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
