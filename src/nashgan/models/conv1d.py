"""Convolutional players for series: one-dimensional convolutions that halve and double the number of positions."""

import math

from jaxtyping import Float, Int64
from torch import Tensor, nn

from nashgan.models.conditional import Condition
from nashgan.models.discriminator import LayeredDiscriminator
from nashgan.spaces.space import Space

LEVELS = 2  # of halving; the number of feature maps is doubled at each
KERNEL = 5  # positions
SLOPE = 0.2  # of the leaky ReLU below 0


class Crop(nn.Module):
    """The first `length` positions."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.length = length

    def forward(self, series: Float[Tensor, "n c positions"]) -> Float[Tensor, "n c length"]:
        return series[..., : self.length]


class Generator(nn.Module):
    """Latents to series: a linear layer, then convolutions with upsampling between them."""

    def __init__(self, space: Space, latent: int, width: int, classes: int = 0) -> None:
        super().__init__()
        channels, length = space.shape
        self.condition = Condition(latent, classes)
        maps, start = width * 2**LEVELS, math.ceil(length / 2**LEVELS)
        layers = [_scaled(nn.Linear(self.condition.features, maps * start)), nn.Unflatten(1, (maps, start))]
        layers += [nn.LeakyReLU(SLOPE)]
        for level in reversed(range(LEVELS)):
            layers += [nn.Upsample(scale_factor=2), _conv(width * 2 ** (level + 1), width * 2**level)]
            layers += [nn.LeakyReLU(SLOPE), _conv(width * 2**level, width * 2**level), nn.LeakyReLU(SLOPE)]
        self.layers = nn.Sequential(*layers, _conv(width, channels), Crop(length), space.output())

    def forward(
        self, z: Float[Tensor, "n latent"], labels: Int64[Tensor, " n"] | None = None
    ) -> Float[Tensor, "n channels length"]:
        series: Tensor = self.layers(self.condition(z, labels))
        return series


class Discriminator(LayeredDiscriminator):
    """Series to logits: strided convolutions, a hidden layer, a linear head; no normalisation."""

    def __init__(self, space: Space, width: int, classes: int = 0) -> None:
        channels, length = space.shape
        layers: list[nn.Module] = []
        for level in range(LEVELS):
            inputs = width * 2**level if level else channels
            layers += [_conv(inputs, width * 2 ** (level + 1), stride=2), nn.LeakyReLU(SLOPE)]
        maps, hidden = width * 2**LEVELS, 8 * width
        features = maps * math.ceil(length / 2**LEVELS)
        layers += [nn.Flatten(), _scaled(nn.Linear(features, hidden)), nn.LeakyReLU(SLOPE), nn.Linear(hidden, 1)]
        super().__init__(layers, hidden, classes)


def _conv(inputs: int, outputs: int, stride: int = 1) -> nn.Module:
    return _scaled(nn.Conv1d(inputs, outputs, KERNEL, stride, KERNEL // 2))


def _scaled(layer: nn.Linear | nn.Conv1d) -> nn.Module:
    nn.init.kaiming_normal_(layer.weight, SLOPE)  # He et al., 2015
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
