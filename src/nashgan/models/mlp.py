"""The fully connected GAN of many introductions with MNIST (Goodfellow et al., 2014, in its simplest form)."""

import math

from jaxtyping import Float, Int64
from torch import Tensor, nn

from nashgan.models.conditional import Condition
from nashgan.models.discriminator import LayeredDiscriminator
from nashgan.models.init import normal_init
from nashgan.spaces.space import Space

HIDDEN = 8  # hidden units for each unit of model.width, so that the same width suits every family


class Generator(nn.Module):
    """Two fully connected layers, a linear layer, the space's output; no normalisation, weights from N(0, 0.02)."""

    def __init__(self, space: Space, latent: int, width: int, classes: int = 0) -> None:
        super().__init__()
        hidden = HIDDEN * width
        self.condition = Condition(latent, classes)
        self.layers = nn.Sequential(
            nn.Linear(self.condition.features, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, math.prod(space.shape)),
            nn.Unflatten(1, space.shape),
            space.output(),
        )
        self.apply(normal_init)

    def forward(
        self, z: Float[Tensor, "n latent"], labels: Int64[Tensor, " n"] | None = None
    ) -> Float[Tensor, "n ..."]:
        examples: Tensor = self.layers(self.condition(z, labels))
        return examples


class Discriminator(LayeredDiscriminator):
    """Two fully connected layers, without the sigmoid: the output is a logit."""

    def __init__(self, space: Space, width: int, classes: int = 0) -> None:
        hidden = HIDDEN * width
        layers = [
            nn.Flatten(),
            nn.Linear(math.prod(space.shape), hidden),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(hidden, 1),
        ]
        super().__init__(layers, features=hidden, classes=classes)
        self.apply(normal_init)
