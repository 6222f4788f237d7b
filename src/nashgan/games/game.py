"""What the loop needs of anything that learns to generate, adversarial or not."""

from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import Optimizer

from nashgan.games.batches import Batches
from nashgan.games.curves import Curve, Fact
from nashgan.games.params import LearningParams
from nashgan.games.running_average import Average
from nashgan.models.config import ModelConfig
from nashgan.models.params import ModelParams
from nashgan.objectives.params import ObjectiveParams
from nashgan.runtime.device import Device


@dataclass(frozen=True)
class GameParams:
    """The parameters that a game is made of."""

    model: ModelParams
    objective: ObjectiveParams
    learning: LearningParams


@runtime_checkable
class Encoding(Protocol):
    """A game in which an encoder learns, too."""

    @property
    def kept_encoder(self) -> nn.Module:
        """The encoder that is kept: its running average, where it has one."""


@runtime_checkable
class TwoWays(Protocol):
    """A game in which a second generator learns the way back."""

    @property
    def back(self) -> nn.Module:
        """The averaged generator of the way back: from generated examples to what was given."""


@runtime_checkable
class Game(Protocol):
    """A generator in training. All its state is in `modules` and `optimizers`; the loop seeds torch before a step."""

    in_one_step: ClassVar[bool]  # whether it is complete after its first step
    facts: ClassVar[tuple[Fact, ...]]  # of a game that is
    depends_on_length: ClassVar[bool]  # whether a step depends on the length of the training
    ignores: ClassVar[frozenset[str]]  # parameters, or whole sections, without effect

    config: ModelConfig
    device: Device
    average: Average  # of the generator

    @classmethod
    def create(cls, config: ModelConfig, game_params: GameParams, device: Device, split: int) -> "Game":
        """A new game for a training split of `split` examples; its weights are a function of the seed."""

    @classmethod
    def objective(cls, loss: str) -> str:
        """What is minimised, for people, where `loss` is the loss in params.yaml."""

    @classmethod
    def curves(cls, loss: str) -> tuple[Curve, ...]:
        """The charts of its history."""

    @property
    def generator(self) -> nn.Module:
        """Latents, and labels where there are classes, to what the players see of an example."""

    @property
    def partner(self) -> nn.Module | None:
        """The discriminator that is kept, or None where there is none. Sampling does not need it."""

    @property
    def measures(self) -> tuple[str, ...]:
        """What a step reports: columns of the history."""

    @property
    def indifferent_loss(self) -> float:
        """``d_loss`` of a discriminator that tells nothing apart; 0 where there is none to win."""

    @property
    def step_images(self) -> int:
        """Real examples that one step looks at."""

    def step(self, batches: Batches, seen: int) -> Float[Tensor, " measures"]:
        """Learn from the next examples; `seen` were seen before. Returns the values of `measures`, on the device."""

    def modules(self) -> dict[str, nn.Module]:
        """Everything with weights, by name, the average included."""

    def optimizers(self) -> dict[str, Optimizer]:
        """All optimizers, by name; their moments are part of the state."""
