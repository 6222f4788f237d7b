"""Fully connected players for points: three hidden layers, no normalisation, weights scaled for their inputs."""

import math

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from nashgan.models.conditional import Condition
from nashgan.models.discriminator import LayeredDiscriminator
from nashgan.spaces.space import Space

HIDDEN = 8  # hidden units for each unit of model.width
LAYERS = 3
OCTAVES = 5  # of the waves that the discriminator sees
SLOPE = 0.2  # of the leaky ReLU below 0


class Generator(nn.Module):
    """Latents to examples."""

    def __init__(self, space: Space, latent: int, width: int, classes: int = 0) -> None:
        super().__init__()
        self.condition = Condition(latent, classes)
        hidden = HIDDEN * width
        self.layers = nn.Sequential(
            Signs(),
            *_hidden_layers(2 * self.condition.features, hidden),
            nn.Linear(hidden, math.prod(space.shape)),
            nn.Unflatten(1, space.shape),
            space.output(),
        )

    def forward(
        self, z: Float[Tensor, "n latent"], labels: Int64[Tensor, " n"] | None = None
    ) -> Float[Tensor, "n ..."]:
        examples: Tensor = self.layers(self.condition(z, labels))
        return examples


class Signs(nn.Module):
    """Adds the sign of each number.

    A generator that is continuous in z draws a connected set: it cannot leave the space between separate modes empty.
    With the signs it can jump, at no cost, because z needs no gradient.
    """

    def forward(self, x: Float[Tensor, "n numbers"]) -> Float[Tensor, "n features"]:
        return torch.cat([x, x.sign()], dim=1)


class Waves(nn.Module):
    """Adds sin(2^k π x) and cos(2^k π x) to each number x, k < OCTAVES (Tancik et al., 2020, "Fourier features").

    Without them a fully connected network takes very long to learn details that are small beside the whole.
    """

    def forward(self, x: Float[Tensor, "n numbers"]) -> Float[Tensor, "n features"]:
        angles = torch.cat([x * (math.pi * 2**octave) for octave in range(OCTAVES)], dim=1)
        return torch.cat([x, angles.sin(), angles.cos()], dim=1)


class Discriminator(LayeredDiscriminator):
    """Examples to logits."""

    def __init__(self, space: Space, width: int, classes: int = 0) -> None:
        hidden, features = HIDDEN * width, (1 + 2 * OCTAVES) * math.prod(space.shape)
        layers = [nn.Flatten(), Waves(), *_hidden_layers(features, hidden), nn.Linear(hidden, 1)]
        super().__init__(layers, features=hidden, classes=classes)


def _hidden_layers(inputs: int, hidden: int) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for fan_in in (inputs, *[hidden] * (LAYERS - 1)):
        linear = nn.Linear(fan_in, hidden)
        nn.init.kaiming_normal_(linear.weight, SLOPE)  # He et al., 2015
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.LeakyReLU(SLOPE)]
    return layers
