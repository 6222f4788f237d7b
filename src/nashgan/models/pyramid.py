"""Pyramids of feature maps: the sizes and widths of the convolutional families."""

import math
from dataclasses import dataclass

from torch import nn

from nashgan.models import CONVOLUTIONAL
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace

SMALLEST, LARGEST = CONVOLUTIONAL
WIDEST = 16  # times the width of the highest resolution


@dataclass(frozen=True)
class Pyramid:
    """Halvings from the canvas down to the base. The canvas is the image, or a little larger where it must be even."""

    height: int  # of the image
    width: int
    base: tuple[int, int]  # height and width of the lowest resolution
    widths: tuple[int, ...]  # feature maps after each halving

    @property
    def border(self) -> tuple[int, int, int, int]:
        """Pixels of the canvas to the left, right, top and bottom of the image, which is in its middle."""
        across, down = (
            (side << len(self.widths)) - inside
            for side, inside in zip(self.base[::-1], (self.width, self.height), strict=True)
        )
        return across // 2, across - across // 2, down // 2, down - down // 2

    def pad(self) -> list[nn.Module]:
        """The layer that puts an image on a canvas of zeros; none where the image is the canvas."""
        return [nn.ZeroPad2d(self.border)] if any(self.border) else []

    def crop(self) -> list[nn.Module]:
        """The layer that cuts an image out of its canvas; none where the image is the canvas."""
        left, right, top, bottom = self.border
        return [nn.ZeroPad2d((-left, -right, -top, -bottom))] if any(self.border) else []

    @property
    def features(self) -> int:
        """How many numbers all feature maps of the lowest resolution have."""
        return self.widths[-1] * math.prod(self.base)


def pyramid(image: ImageSpace, width: int) -> Pyramid:
    """`width` feature maps at half the canvas, doubled at each halving up to `WIDEST` times `width`.

    The shorter side is halved to about 4 pixels: round(log2(side / 4)) times. Raises UserError for a size that the
    convolutional families are not made for.
    """
    if min(image.height, image.width) < SMALLEST or max(image.height, image.width) > LARGEST:
        raise UserError(
            f"params.yaml: data.image_size: the convolutional models are made for sides of {SMALLEST} to {LARGEST} "
            f"pixels, got images of {image.width} × {image.height}"
        )
    levels = round(math.log2(min(image.height, image.width) / 4))
    base = -(-image.height // 2**levels), -(-image.width // 2**levels)
    return Pyramid(image.height, image.width, base, tuple(width * min(2**level, WIDEST) for level in range(levels)))
