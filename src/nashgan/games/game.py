"""What the loop needs of anything that learns to generate, adversarial or not."""

from typing import Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import Optimizer

from nashgan.games.batches import TrainingImages
from nashgan.games.running_average import Average
from nashgan.runtime.device import Device


@runtime_checkable
class Game(Protocol):
    """A generator in training. All its state is in `modules` and `optimizers`; the loop seeds torch before a step."""

    device: Device
    latent: int
    average: Average  # of the generator

    @property
    def generator(self) -> nn.Module:
        """Latents, and labels where there are classes, to images in [-1, 1]."""

    @property
    def partner(self) -> nn.Module | None:
        """Whom the generator learns with: discriminator, encoder or nobody. Sampling does not need it."""

    @property
    def measures(self) -> tuple[str, ...]:
        """What a step reports: columns of the history."""

    @property
    def indifferent_loss(self) -> float:
        """``d_loss`` of a discriminator that tells nothing apart; 0 where there is none to win."""

    @property
    def step_images(self) -> int:
        """Real images that one step looks at."""

    def step(self, images: TrainingImages, seen: int) -> Float[Tensor, " measures"]:
        """Learn from the next images, `seen` were seen before. The measures stay on the device."""

    def modules(self) -> dict[str, nn.Module]:
        """Everything with weights, by name, the average included."""

    def optimizers(self) -> dict[str, Optimizer]:
        """By name; their moments are part of the state."""
