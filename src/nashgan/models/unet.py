"""A generator that is given an image or a clip: a U-Net (Ronneberger et al., 2015) of R3GAN's residual blocks.

Down a pyramid of resolutions, and up again with the features of the way down added at each resolution. The latent
vector scales and shifts the features of the lowest resolution, so that an open question has more than one answer. The
output is added to the given image, so the network learns what differs. Of a clip each frame is an image to it, with the
clip's latent vector.
"""

from itertools import pairwise
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from nashgan.models.pyramid import pyramid
from nashgan.models.r3gan import Block, Clip, scaled, width_advice
from nashgan.spaces.space_with_images import SpaceWithImages


class Generator(nn.Module):
    """Latents and given images to images, clipped to [-1, 1]."""

    blocks: ClassVar[int] = 2  # at each resolution, down and up

    def __init__(self, space: SpaceWithImages, latent: int, width: int, classes: int = 0) -> None:
        super().__init__()
        image = space.of_image
        maps = pyramid(image, width)
        widths = maps.widths
        branches = 2 * self.blocks * len(widths)

        def blocks(features: int) -> nn.Sequential:
            return nn.Sequential(*(Block(features, branches) for _ in range(self.blocks)))

        self.enter = nn.Sequential(*maps.pad(), scaled(nn.Conv2d(image.channels, width, 4, stride=2, padding=1)))
        self.down = nn.ModuleList(blocks(features) for features in widths)
        self.shrink = nn.ModuleList(
            nn.Sequential(nn.AvgPool2d(2), scaled(nn.Conv2d(before, after, 1, bias=False)))
            for before, after in pairwise(widths)
        )
        self.modulate = scaled(nn.Linear(latent, 2 * widths[-1]))
        self.up = nn.ModuleList(blocks(features) for features in widths)
        self.grow = nn.ModuleList(
            nn.Sequential(scaled(nn.Conv2d(after, before, 1, bias=False)), nn.Upsample(scale_factor=2))
            for before, after in pairwise(widths)
        )
        last = scaled(nn.ConvTranspose2d(widths[0], image.channels, 4, stride=2, padding=1))
        self.leave = nn.Sequential(last, *maps.crop())
        self.keep = nn.Parameter(torch.ones(image.channels, 1, 1))  # how much of the given image is added
        self.clip = Clip()

    @staticmethod
    def width_advice(space: SpaceWithImages, width: int) -> str | None:
        """As `width_advice` of R3GAN's players."""
        return width_advice(space.of_image, width)

    def forward(
        self, z: Float[Tensor, "n latent"], given: Float[Tensor, "n c *frames h w"]
    ) -> Float[Tensor, "n c *frames h w"]:
        if given.ndim == 4:
            return self.of_images(z, given)
        frames = given.transpose(1, 2)  # n t c h w
        made = self.of_images(z.repeat_interleave(frames.shape[1], 0), frames.flatten(0, 1))
        return made.reshape(frames.shape).transpose(1, 2)

    def of_images(self, z: Float[Tensor, "n latent"], given: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        """As `forward`, for images."""
        x = self.enter(given)
        passed = []
        for level, blocks in enumerate(self.down):
            x = blocks(self.shrink[level - 1](x) if level else x)
            passed.append(x)
        scale, shift = self.modulate(z)[:, :, None, None].chunk(2, dim=1)
        x = x * (1 + scale) + shift
        for level in reversed(range(len(self.up))):
            if level < len(self.up) - 1:
                x = self.grow[level](x) + passed[level]
            x = self.up[level](x)
        images: Tensor = self.clip(self.keep * given + self.leave(x))
        return images


class LightGenerator(Generator):
    """The same with half of the blocks, for the game `cycle`: a step of it takes two of them and four passes."""

    blocks = 1
