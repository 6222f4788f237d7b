"""A discriminator of pairs: an image, and the degraded image that a generator was given."""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

from nashgan.spaces.image import as_images
from nashgan.spaces.space import Space
from nashgan.spaces.video import VideoSpace


def pair_space(space: Space) -> Space:
    """Images, or clips, with the channels of both, those of the given one last."""
    one = space if isinstance(space, VideoSpace) else as_images(space)
    return replace(one, channels=2 * one.channels)


class Paired(nn.Module):
    """Joins the channels of both images (Isola et al., 2017, "Image-to-image translation")."""

    def __init__(self, discriminator: nn.Module) -> None:
        super().__init__()
        self.discriminator = discriminator

    def forward(
        self, images: Float[Tensor, "n c *frames h w"], given: Float[Tensor, "n c *frames h w"]
    ) -> Float[Tensor, " n"]:
        """The logits of images or clips in [-1, 1], each beside the degraded one it was made from."""
        logits: Tensor = self.discriminator(torch.cat([images, given], dim=1))
        return logits
