"""The fully connected GAN that introductions train on MNIST (Goodfellow et al., 2014, in its simplest form)."""

from jaxtyping import Float
from torch import Tensor, nn

from nashgan.models.init import normal_init
from nashgan.models.shape import ImageShape

HIDDEN = 8  # hidden units for one unit of model.width, so that one width suits every family


class Generator(nn.Module):
    """Two fully connected layers, a linear layer, tanh; no normalisation, weights from N(0, 0.02)."""

    def __init__(self, image: ImageShape, latent: int, width: int) -> None:
        super().__init__()
        hidden = HIDDEN * width
        self.layers = nn.Sequential(
            nn.Linear(latent, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, image.pixels),
            nn.Tanh(),
            nn.Unflatten(1, (image.channels, image.size, image.size)),
        )
        self.apply(normal_init)

    def forward(self, z: Float[Tensor, "n latent"]) -> Float[Tensor, "n c h w"]:
        images: Tensor = self.layers(z)
        return images


class Discriminator(nn.Module):
    """Two fully connected layers; the sigmoid after them is taken where a probability is reported."""

    def __init__(self, image: ImageShape, width: int) -> None:
        super().__init__()
        hidden = HIDDEN * width
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(image.pixels, hidden), nn.LeakyReLU(0.2, inplace=True), nn.Linear(hidden, 1)
        )
        self.apply(normal_init)

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
        logits: Tensor = self.layers(images)
        return logits.flatten()
