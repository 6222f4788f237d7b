"""A discriminator of pairs: an image, and the degraded image that a generator was given."""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

from nashgan.spaces.image import ImageSpace, as_images
from nashgan.spaces.space import Space


def pair_space(space: Space) -> ImageSpace:
    """Images with the channels of both, those of the given image last."""
    image = as_images(space)
    return replace(image, channels=2 * image.channels)


class Paired(nn.Module):
    """Puts the channels of both images behind each other (Isola et al., 2017, "Image-to-image translation")."""

    def __init__(self, discriminator: nn.Module) -> None:
        super().__init__()
        self.discriminator = discriminator

    def forward(self, images: Float[Tensor, "n c h w"], given: Float[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
        """The logits of images in [-1, 1] beside what was given of them."""
        logits: Tensor = self.discriminator(torch.cat([images, given], dim=1))
        return logits
