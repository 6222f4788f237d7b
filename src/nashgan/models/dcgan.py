"""DCGAN: Radford, Metz, Chintala, "Unsupervised Representation Learning with Deep Convolutional GANs", 2016."""

from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn

from nashgan.errors import UserError
from nashgan.models.init import normal_init
from nashgan.models.shape import ImageShape

SIZES = (32, 64, 128)


def _widths(image: ImageShape, width: int) -> list[int]:
    """Feature maps from size/2 down to 4 pixels a side: `width`, doubled at each halving."""
    if image.size not in SIZES:
        raise UserError(f"params.yaml: data.image_size: dcgan is made for {SIZES}, got {image.size}")
    return [width * 2**level for level in range((image.size // 4).bit_length() - 1)]


class Generator(nn.Module):
    """Latents to images in [-1, 1] by transposed convolutions; batch norm except in the last layer."""

    def __init__(self, image: ImageShape, latent: int, width: int) -> None:
        super().__init__()
        widths = _widths(image, width)[::-1]
        layers: list[nn.Module] = [nn.ConvTranspose2d(latent, widths[0], 4, bias=False)]  # 1 to 4 pixels a side
        for features, fewer in pairwise(widths):
            layers += [nn.BatchNorm2d(features), nn.ReLU(inplace=True)]
            layers += [nn.ConvTranspose2d(features, fewer, 4, stride=2, padding=1, bias=False)]
        layers += [nn.BatchNorm2d(widths[-1]), nn.ReLU(inplace=True)]
        layers += [nn.ConvTranspose2d(widths[-1], image.channels, 4, stride=2, padding=1), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        self.apply(normal_init)

    def forward(self, z: Float[Tensor, "n latent"]) -> Float[Tensor, "n c h w"]:
        images: Tensor = self.layers(z[:, :, None, None])
        return images


class Discriminator(nn.Module):
    """Images to logits by strided convolutions; batch norm except in the first and the last layer."""

    def __init__(self, image: ImageShape, width: int) -> None:
        super().__init__()
        widths = _widths(image, width)
        layers: list[nn.Module] = [nn.Conv2d(image.channels, width, 4, stride=2, padding=1)]
        for fewer, features in pairwise(widths):
            layers += [nn.LeakyReLU(0.2, inplace=True)]
            layers += [nn.Conv2d(fewer, features, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(features)]
        layers += [nn.LeakyReLU(0.2, inplace=True), nn.Conv2d(widths[-1], 1, 4)]  # 4 pixels a side to 1
        self.layers = nn.Sequential(*layers)
        self.apply(normal_init)

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
        logits: Tensor = self.layers(images)
        return logits.flatten()
