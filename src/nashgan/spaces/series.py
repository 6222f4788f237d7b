"""Series: float32 (length, channels) on disk, centred and scaled for the players, line charts for people."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from PIL import Image, ImageDraw
from torch import Tensor, nn

from nashgan.records.examples import ExampleFormat
from nashgan.spaces.grid import image_grid

SHORTEST, LONGEST = 4, 4096  # positions
MOST_CHANNELS = 64
SIDE = 135  # pixels of a chart: four in a row are half as wide as the report
SHARPER = 4  # a chart is drawn so many times larger, then made smaller, so that its lines are smooth
REACH = 3.0  # scales from the centre that a chart shows
PAPER, AXIS = (255, 255, 255), (200, 206, 212)
BETWEEN = 225  # brightness of the line between charts
INKS = ((36, 97, 142), (196, 88, 32), (62, 130, 72), (122, 74, 150))  # of the channels in turn


@dataclass(frozen=True)
class SeriesSpace:
    """Series of `length` positions with as many channels as `centre` has.

    The players see (channels, length) numbers (x - centre) / scale.
    """

    length: int
    centre: tuple[float, ...]
    scale: float

    name: ClassVar[str] = "series"
    plural: ClassVar[str] = "series"
    together: ClassVar[bool] = False
    bounded: ClassVar[bool] = False
    media: ClassVar[Literal["text/csv"]] = "text/csv"
    memory_format: ClassVar[torch.memory_format] = torch.contiguous_format
    columns: ClassVar[int] = 4
    vectors_described: ClassVar[str] = "all values"

    @classmethod
    def of(cls, examples: ExampleFormat) -> "SeriesSpace":
        """The space of such examples. Raises ValueError where they are no series."""
        shape, centre, scale = examples.shape, examples.centre, examples.scale
        if examples.dtype != "float32" or len(shape) != 2 or not fits(*shape):
            raise ValueError(f"must be float32 series of the shape (length, channels), is {examples.dtype} {shape}")
        if centre is None or scale is None or len(centre) != shape[1]:
            raise ValueError("series need a scale and a centre with a number for each channel")
        return cls(shape[0], centre, scale)

    @classmethod
    def around(cls, series: Float[np.ndarray, "n length channels"]) -> "SeriesSpace":
        """The space whose centre is the mean of each channel, and whose scale is the root mean square distance from
        it, over all positions and channels."""
        centre = series.mean(axis=(0, 1), dtype=np.float64)
        spread = float(np.sqrt(np.square(series - centre).mean()))
        return cls(series.shape[1], tuple(centre.tolist()), spread or 1.0)

    @property
    def channels(self) -> int:
        """Numbers at each position."""
        return len(self.centre)

    @property
    def format(self) -> ExampleFormat:
        """How a series is stored."""
        shape = (self.length, self.channels)
        return ExampleFormat(space=self.name, shape=shape, dtype="float32", centre=self.centre, scale=self.scale)

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of what the players see of a series: (channels, length)."""
        return self.channels, self.length

    def output(self) -> nn.Module:
        """A layer that changes nothing, because any numbers are a series."""
        return nn.Identity()

    def to_players(self, series: Float32[Tensor, "n length channels"]) -> Float32[Tensor, "n channels length"]:
        """(x - centre) / scale, channels first."""
        return ((series - series.new_tensor(self.centre)) / self.scale).transpose(1, 2).contiguous()

    def from_players(self, series: Float[Tensor, "n channels length"]) -> Float32[np.ndarray, "n length channels"]:
        """x · scale + centre, channels last."""
        series = series.float().transpose(1, 2)
        values: np.ndarray = (series * self.scale + series.new_tensor(self.centre)).contiguous().numpy()
        return values

    def to_vectors(self, series: Float32[np.ndarray, "n length channels"]) -> Float32[np.ndarray, "n d"]:
        """The values of all positions and channels."""
        return series.reshape(len(series), -1)

    @property
    def described(self) -> str:
        """How many numbers a series has, for people."""
        channels = "1 channel" if self.channels == 1 else f"{self.channels} channels"
        return f"{self.length} positions of {channels}, 32 bits each"

    def encode(self, series: Float32[np.ndarray, "length channels"]) -> bytes:
        """The values with commas between them, exactly: position after position, with its channels side by side."""
        return ",".join(map(repr, series.ravel().tolist())).encode()

    def picture(self, series: Float32[np.ndarray, "length channels"]) -> Image.Image:
        """A line chart."""
        return self.grid(series[None], 1)

    def grid(self, series: Float32[np.ndarray, "n length channels"], columns: int) -> Image.Image:
        """A square line chart of each series. All have the same axes: `REACH` scales on both sides of the centre."""
        charts = np.stack([self._chart(one) for one in series]) if len(series) else np.empty((0, 3, SIDE, SIDE))
        return image_grid(charts.astype(np.uint8), columns, background=BETWEEN)

    def _chart(self, series: Float32[np.ndarray, "length channels"]) -> UInt8[np.ndarray, "3 side side"]:
        side = SIDE * SHARPER
        canvas = Image.new("RGB", (side, side), PAPER)
        draw = ImageDraw.Draw(canvas)
        draw.line([(0, side / 2), (side, side / 2)], AXIS, SHARPER)
        across = (np.arange(self.length) + 0.5) * side / self.length
        heights = (1 - (series - np.array(self.centre)) / (REACH * self.scale)).clip(0, 2) * side / 2
        for channel in range(self.channels):
            points = np.stack([across, heights[:, channel]], axis=1).ravel().tolist()
            draw.line(points, INKS[channel % len(INKS)], 2 * SHARPER, joint="curve")
        smooth = canvas.resize((SIDE, SIDE), Image.Resampling.BOX)
        return np.asarray(smooth).transpose(2, 0, 1)


def fits(length: int, channels: int) -> bool:
    """Whether series may be so long and have so many channels."""
    return SHORTEST <= length <= LONGEST and 1 <= channels <= MOST_CHANNELS
