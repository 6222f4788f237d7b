"""Images: uint8 (channels, height, width) on disk, float32 in [-1, 1] for the players; grey, RGB or RGBA for people.

Four channels are red, green, blue and alpha, not premultiplied. Where alpha is 0, the colours are white.
"""

import io
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from PIL import Image
from torch import Tensor, nn

from nashgan.records.examples import ExampleFormat
from nashgan.spaces.alpha import hide_unseen
from nashgan.spaces.grid import image_grid
from nashgan.spaces.space import Space

LARGEST = 4096  # pixels a side
BYTE = 256  # levels of brightness
VECTOR_SIDE = 32  # pixels a side of the images that distances are taken between; finer detail is noise to a distance


def as_images(space: Space) -> "ImageSpace":
    """`space`, which must be one of images. Raises ValueError for another one."""
    if not isinstance(space, ImageSpace):
        raise ValueError(f"must be a space of images, is one of {space.plural}")
    return space


@dataclass(frozen=True)
class ImageSpace:
    """Images of `channels` maps of `height` × `width` pixels, each of `levels` evenly spaced levels of brightness."""

    channels: int
    height: int
    width: int
    levels: int = BYTE

    name: ClassVar[str] = "image"
    plural: ClassVar[str] = "images"
    together: ClassVar[bool] = False
    bounded: ClassVar[bool] = True
    media: ClassVar[Literal["image/png"]] = "image/png"
    memory_format: ClassVar[torch.memory_format] = torch.channels_last  # the fastest for convolutions
    images_distance: ClassVar[str] = "fcd"
    images_each: ClassVar[int] = 1

    @classmethod
    def of(cls, examples: ExampleFormat) -> "ImageSpace":
        """The space of such examples. Raises ValueError where they are no images of bytes."""
        shape = examples.shape
        if examples.dtype != "uint8" or len(shape) != 3:
            raise ValueError(f"must be uint8 images (channels, height, width), is {examples.dtype} {shape}")
        if shape[0] > 64 or max(shape[1:]) > LARGEST:
            raise ValueError(f"images have at most 64 channels and {LARGEST} pixels a side, these are {shape}")
        return cls(*shape, examples.levels or BYTE)

    @property
    def format(self) -> ExampleFormat:
        """How an image is stored."""
        levels = None if self.levels == BYTE else self.levels
        return ExampleFormat(space=self.name, shape=self.shape, dtype="uint8", levels=levels)

    @property
    def shape(self) -> tuple[int, int, int]:
        """The shape of an image, on disk and for the players."""
        return self.channels, self.height, self.width

    @property
    def columns(self) -> int:
        """Images in a row: fewer where they are large."""
        return 8 if self.width <= 64 else 4 if self.width <= 256 else 2

    @property
    def of_image(self) -> "ImageSpace":
        """The space itself: an example is an image."""
        return self

    def all_images(self, images: UInt8[np.ndarray, "n c h w"]) -> UInt8[np.ndarray, "n c h w"]:
        """The images themselves."""
        return images

    def one_image_each(self, images: UInt8[np.ndarray, "n c h w"], first: int = 0) -> UInt8[np.ndarray, "n c h w"]:
        """The images themselves."""
        return images

    def output(self) -> nn.Module:
        """A layer that maps any numbers to [-1, 1]."""
        return nn.Tanh()

    def to_players(self, images: UInt8[Tensor, "n c h w"]) -> Float32[Tensor, "n c h w"]:
        """0 … 255 to [-1, 1], in the layout of the input."""
        return images.float().div_(127.5).sub_(1)

    def from_players(self, images: Float[Tensor, "n c h w"]) -> UInt8[np.ndarray, "n c h w"]:
        """[-1, 1] to 0 … 255, rounded to the nearest level; what lies outside is cut off."""
        highest = self.levels - 1
        level = images.add(1).mul(highest / 2).round().clamp(0, highest)
        values: np.ndarray = level.mul(255 / highest).round().to(torch.uint8).contiguous().numpy()
        return hide_unseen(values)

    def quantised(self, images: UInt8[np.ndarray, "*n c h w"]) -> UInt8[np.ndarray, "*n c h w"]:
        """Bytes rounded to the nearest level: with two levels, 128 and more become 255, and less becomes 0."""
        if self.levels == BYTE:
            return images
        highest = self.levels - 1
        level = np.rint(images * (highest / 255))
        return np.rint(level * (255 / highest)).astype(np.uint8)

    def to_vectors(self, images: UInt8[np.ndarray, "n c h w"]) -> Float32[np.ndarray, "n d"]:
        """Pixels in 0 … 1 over √d, so that a Euclidean distance is a root mean square.

        Larger images are averaged over blocks, down to 32 pixels a side or less.
        """
        n, c, h, w = images.shape
        factor = -(-max(h, w) // VECTOR_SIDE)
        if factor > 1:
            height, width = h // factor, w // factor  # what does not fill a block at the border is left out
            cut = images[:, :, : height * factor, : width * factor]
            values = cut.reshape(n, c, height, factor, width, factor).mean(axis=(3, 5), dtype=np.float32)
        else:
            values = images.astype(np.float32)
        d = c * values.shape[2] * values.shape[3]
        flat: Float32[np.ndarray, "n d"] = values.reshape(n, d) / np.float32(255 * np.sqrt(d))
        return flat

    @property
    def vectors_described(self) -> str:
        """How `to_vectors` looks at an image, as a protocol line says it."""
        return f"pixels resizer=area-{VECTOR_SIDE}"

    @property
    def described(self) -> str:
        """The size in pixels, the colours, and bits or levels, for people."""
        colours = {1: "grey", 3: "colour", 4: "colour and alpha"}.get(self.channels, f"{self.channels} channels")
        depth = "8 bits" if self.levels == BYTE else f"{self.levels} levels"
        return f"{self.width} × {self.height}, {colours}, {depth}"

    def encode(self, image: UInt8[np.ndarray, "c h w"]) -> bytes:
        """The image as PNG."""
        file = io.BytesIO()
        self.picture(image).save(file, format="PNG")
        return file.getvalue()

    def picture(self, image: UInt8[np.ndarray, "c h w"]) -> Image.Image:
        """One image: grey for one channel, RGB for three, RGBA for four."""
        return Image.fromarray(image[0] if len(image) == 1 else image.transpose(1, 2, 0))

    def grid(self, images: UInt8[np.ndarray, "n c h w"], columns: int) -> Image.Image:
        """Images row by row, `columns` in a row; those with alpha over white."""
        return image_grid(images, columns)
