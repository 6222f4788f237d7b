"""Short silent clips: uint8 (frames, channels, size, size) on disk, float32 (channels, frames, …) for the players."""

import io
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from PIL import Image
from torch import Tensor, nn

from nashgan.records.examples import ExampleFormat
from nashgan.spaces.grid import image_grid
from nashgan.spaces.image import LARGEST, ImageSpace

MOST_FRAMES = 256
VECTOR_SIDE = 16  # pixels a side of the frames that distances are taken between
FRAME_MS = 80  # milliseconds that an animated GIF shows each frame


@dataclass(frozen=True)
class VideoSpace:
    """Clips of `frames` pictures of `channels` maps of `size` × `size` pixels."""

    frames: int
    channels: int
    size: int

    name: ClassVar[str] = "video"
    plural: ClassVar[str] = "clips"
    together: ClassVar[bool] = False
    bounded: ClassVar[bool] = True
    media: ClassVar[Literal["image/gif"]] = "image/gif"
    memory_format: ClassVar[torch.memory_format] = torch.contiguous_format
    columns: ClassVar[int] = 1  # a clip is a row of frames
    images_distance: ClassVar[str] = "frame_fcd"

    @classmethod
    def of(cls, examples: ExampleFormat) -> "VideoSpace":
        """The space of such examples. Raises ValueError where they are no clips of square frames of bytes."""
        shape = examples.shape
        if examples.dtype != "uint8" or len(shape) != 4 or shape[2] != shape[3]:
            raise ValueError(f"must be uint8 clips of (frames, channels, size, size), is {examples.dtype} {shape}")
        if not 2 <= shape[0] <= MOST_FRAMES or shape[1] not in (1, 3) or shape[2] > LARGEST:
            raise ValueError(
                f"clips have 2 to {MOST_FRAMES} frames of 1 or 3 channels and at most {LARGEST} pixels a side, "
                f"these are {shape}"
            )
        return cls(shape[0], shape[1], shape[2])

    @property
    def format(self) -> ExampleFormat:
        """How a clip is stored."""
        shape = (self.frames, self.channels, self.size, self.size)
        return ExampleFormat(space=self.name, shape=shape, dtype="uint8")

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """The shape of a clip, as the players see it."""
        return self.channels, self.frames, self.size, self.size

    @property
    def of_image(self) -> ImageSpace:
        """The space of one frame."""
        return ImageSpace(self.channels, self.size, self.size)

    @property
    def images_each(self) -> int:
        """Frames of a clip."""
        return self.frames

    def all_images(self, clips: UInt8[np.ndarray, "n t c h w"]) -> UInt8[np.ndarray, "n*t c h w"]:
        """Every frame as an image, clip by clip; a view where the clips are contiguous."""
        return clips.reshape(-1, *clips.shape[2:])

    def one_image_each(self, clips: UInt8[np.ndarray, "n t c h w"], first: int = 0) -> UInt8[np.ndarray, "n c h w"]:
        """Frame (`first` + i) mod t of clip i. One frame a clip makes images that are independent of each other."""
        index = np.arange(len(clips))
        chosen: UInt8[np.ndarray, "n c h w"] = clips[index, (first + index) % clips.shape[1]]
        return chosen

    def output(self) -> nn.Module:
        """A layer that maps any numbers to [-1, 1]."""
        return nn.Tanh()

    def to_players(self, clips: UInt8[Tensor, "n t c h w"]) -> Float32[Tensor, "n c t h w"]:
        """0 … 255 to [-1, 1]."""
        return clips.transpose(1, 2).float().div_(127.5).sub_(1)

    def from_players(self, clips: Float[Tensor, "n c t h w"]) -> UInt8[np.ndarray, "n t c h w"]:
        """[-1, 1] to 0 … 255, rounded to the nearest; what lies outside is cut off."""
        values = clips.transpose(1, 2).add(1).mul(127.5).round().clamp(0, 255)
        stored: UInt8[np.ndarray, "n t c h w"] = values.to(torch.uint8).contiguous().numpy()
        return stored

    def to_vectors(self, clips: UInt8[np.ndarray, "n t c h w"]) -> Float32[np.ndarray, "n d"]:
        """Pixels in 0 … 1 over √d, so that a Euclidean distance is a root mean square.

        Larger frames are averaged over blocks, down to 16 pixels a side or less.
        """
        n, t, c, size, _ = clips.shape
        factor = -(-size // VECTOR_SIDE)
        side = size // factor  # what does not fill a block at the border is left out
        cut = clips[..., : side * factor, : side * factor]
        values = cut.reshape(n, t, c, side, factor, side, factor).mean(axis=(4, 6), dtype=np.float32)
        flat: Float32[np.ndarray, "n d"] = values.reshape(n, -1) / np.float32(255 * np.sqrt(t * c * side * side))
        return flat

    @property
    def vectors_described(self) -> str:
        """How `to_vectors` looks at a clip, as a protocol line says it."""
        return f"pixels resizer=area-{VECTOR_SIDE}"

    @property
    def described(self) -> str:
        """The number of frames, and what one frame is, for people."""
        return f"{self.frames} frames, {self.of_image.described}"

    def encode(self, clip: UInt8[np.ndarray, "t c h w"]) -> bytes:
        """The clip as an animated GIF that starts again at its end."""
        return _gif([self.of_image.picture(frame) for frame in clip])

    def film(self, clips: UInt8[np.ndarray, "n t c h w"], columns: int) -> bytes:
        """Clips side by side, `columns` in a row, that play at the same time: an animated GIF."""
        return _gif([image_grid(clips[:, time], columns) for time in range(self.frames)])

    def picture(self, clip: UInt8[np.ndarray, "t c h w"]) -> Image.Image:
        """The frames of one clip in a row."""
        return self.grid(clip[None], 1)

    def grid(self, clips: UInt8[np.ndarray, "n t c h w"], columns: int) -> Image.Image:
        """A row of frames for each clip, whatever `columns` says."""
        return image_grid(self.all_images(clips), self.frames)


def _gif(pictures: list[Image.Image]) -> bytes:
    file = io.BytesIO()
    first, *rest = pictures
    first.save(file, format="GIF", save_all=True, append_images=rest, duration=FRAME_MS, loop=0)
    return file.getvalue()
