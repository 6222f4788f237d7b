"""Residual one-dimensional convolutions for sequences (Gulrajani et al., 2017, appendix C), and a strided pyramid.

The residual generator ends in the space's output, for text a softmax: a continuous relaxation, in which the
discriminator sees probabilities of characters. What differs from the paper's networks: three blocks, where the paper
has five, kernels of three positions, where the paper has five, and the leaky ReLU.
"""

from jaxtyping import Float, Int64
from torch import Tensor, nn

from nashgan.models.conditional import Condition
from nashgan.models.discriminator import LayeredDiscriminator
from nashgan.spaces.space import Space

HIDDEN = 2  # feature maps for each unit of model.width
BLOCKS = 3
KERNEL = 3
SHARE = 0.3  # of a block's branch that is added, as in the authors' program
SLOPE = 0.2  # of the leaky ReLU below 0
SHORTEST = 4  # positions at which the pyramid ends


class Block(nn.Module):
    """x + SHARE · conv(act(conv(act(x))))."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.LeakyReLU(SLOPE),
            nn.Conv1d(features, features, KERNEL, padding=KERNEL // 2),
            nn.LeakyReLU(SLOPE),
            nn.Conv1d(features, features, KERNEL, padding=KERNEL // 2),
        )

    def forward(self, x: Float[Tensor, "n f l"]) -> Float[Tensor, "n f l"]:
        changed: Tensor = self.layers(x)
        return x + SHARE * changed


class Generator(nn.Module):
    """A linear layer to every position, residual blocks, the space's output."""

    def __init__(self, space: Space, latent: int, width: int, classes: int = 0) -> None:
        super().__init__()
        channels, positions = space.shape
        features = HIDDEN * width
        self.condition = Condition(latent, classes)
        self.layers = nn.Sequential(
            nn.Linear(self.condition.features, features * positions),
            nn.Unflatten(1, (features, positions)),
            *(Block(features) for _ in range(BLOCKS)),
            nn.Conv1d(features, channels, 1),
            space.output(),
        )

    def forward(
        self, z: Float[Tensor, "n latent"], labels: Int64[Tensor, " n"] | None = None
    ) -> Float[Tensor, "n c l"]:
        examples: Tensor = self.layers(self.condition(z, labels))
        return examples


class Discriminator(LayeredDiscriminator):
    """A convolution, residual blocks, a linear head on the features of all positions."""

    def __init__(self, space: Space, width: int, classes: int = 0) -> None:
        channels, positions = space.shape
        features = HIDDEN * width
        layers = [
            nn.Conv1d(channels, features, KERNEL, padding=KERNEL // 2),
            *(Block(features) for _ in range(BLOCKS)),
            nn.Flatten(),
            nn.Linear(features * positions, 1),
        ]
        super().__init__(layers, features * positions, classes)


class Pyramid(LayeredDiscriminator):
    """Convolutions that halve the positions until SHORTEST are left, a hidden layer, a linear head.

    It takes about a fifth of the residual discriminator's multiplications.
    """

    def __init__(self, space: Space, width: int, classes: int = 0) -> None:
        channels, positions = space.shape
        features = HIDDEN * width
        layers: list[nn.Module] = [nn.Conv1d(channels, features, KERNEL, padding=KERNEL // 2), nn.LeakyReLU(SLOPE)]
        while positions > SHORTEST:
            layers += [nn.Conv1d(features, features, KERNEL, stride=2, padding=KERNEL // 2), nn.LeakyReLU(SLOPE)]
            positions = -(-positions // 2)
        hidden = 2 * features
        layers += [nn.Flatten(), nn.Linear(features * positions, hidden), nn.LeakyReLU(SLOPE), nn.Linear(hidden, 1)]
        for layer in layers:
            if isinstance(layer, nn.Conv1d | nn.Linear):
                nn.init.kaiming_normal_(layer.weight, SLOPE)  # He et al., 2015
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)
        super().__init__(layers, hidden, classes)
