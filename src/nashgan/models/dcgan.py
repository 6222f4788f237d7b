"""DCGAN: Radford, Metz, Chintala, "Unsupervised Representation Learning with Deep Convolutional GANs", 2016."""

from itertools import pairwise

from jaxtyping import Float, Int64
from torch import Tensor, nn

from nashgan.models.conditional import ConditionalBatchNorm, check_labels
from nashgan.models.discriminator import LayeredDiscriminator
from nashgan.models.init import normal_init
from nashgan.models.pyramid import pyramid
from nashgan.spaces.image import ImageSpace


class Generator(nn.Module):
    """Latents to images in [-1, 1] by transposed convolutions; batch norm except in the last layer.

    Where it is told classes, they scale and shift what batch norm returns (Miyato and Koyama, 2018).
    """

    def __init__(self, image: ImageSpace, latent: int, width: int, classes: int = 0) -> None:
        super().__init__()
        maps = pyramid(image, width)
        widths = maps.widths[::-1]
        self.classes = classes
        layers: list[nn.Module] = [nn.ConvTranspose2d(latent, widths[0], maps.base, bias=False)]
        for features, fewer in pairwise(widths):
            layers += [_norm(features, classes), nn.ReLU(inplace=True)]
            layers += [nn.ConvTranspose2d(features, fewer, 4, stride=2, padding=1, bias=False)]
        layers += [_norm(widths[-1], classes), nn.ReLU(inplace=True)]
        layers += [nn.ConvTranspose2d(widths[-1], image.channels, 4, stride=2, padding=1), *maps.crop(), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        self.apply(normal_init)

    def forward(
        self, z: Float[Tensor, "n latent"], labels: Int64[Tensor, " n"] | None = None
    ) -> Float[Tensor, "n c h w"]:
        images: Tensor = self.layers[-1](self.before_tanh(z, labels))
        return images

    def before_tanh(self, z: Float[Tensor, "n latent"], labels: Int64[Tensor, " n"] | None) -> Float[Tensor, "n c h w"]:
        """The input of the last layer. Raises ValueError where labels do not fit, as `check_labels`."""
        check_labels(labels, self.classes)
        maps = z[:, :, None, None]
        for layer in list(self.layers)[:-1]:
            maps = layer(maps, labels) if isinstance(layer, ConditionalBatchNorm) else layer(maps)
        return maps


def _norm(features: int, classes: int) -> nn.Module:
    return ConditionalBatchNorm(features, classes) if classes else nn.BatchNorm2d(features)


class Discriminator(LayeredDiscriminator):
    """Images to logits by strided convolutions; batch norm except in the first and the last layer, or nowhere."""

    def __init__(self, image: ImageSpace, width: int, classes: int = 0, batch_norm: bool = True) -> None:
        maps = pyramid(image, width)
        layers: list[nn.Module] = [*maps.pad(), nn.Conv2d(image.channels, width, 4, stride=2, padding=1)]
        for fewer, features in pairwise(maps.widths):
            layers += [nn.LeakyReLU(0.2, inplace=True)]
            layers += [nn.Conv2d(fewer, features, 4, stride=2, padding=1, bias=not batch_norm)]
            layers += [nn.BatchNorm2d(features)] if batch_norm else []
        layers += [nn.LeakyReLU(0.2, inplace=True), nn.Conv2d(maps.widths[-1], 1, maps.base)]
        super().__init__(layers, features=maps.features, classes=classes, pooled=maps.widths[-1])
        self.apply(normal_init)
