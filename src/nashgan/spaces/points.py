"""Points: float32 (d,) on disk, centred and scaled for the players, a histogram or a map for people."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float, Float32
from PIL import Image, ImageDraw
from torch import Tensor, nn

from nashgan.records.examples import ExampleFormat

MOST_DIMENSIONS = 256
SIDE = 480  # pixels of the picture
REACH = 2.5  # spreads from the centre that the picture shows
BINS = 120  # of a histogram
PAPER, INK, AXIS = (255, 255, 255), (36, 97, 142), (200, 206, 212)


@dataclass(frozen=True)
class PointSpace:
    """Points of as many coordinates as `centre` has; the players see (x - centre) / scale."""

    centre: tuple[float, ...]
    scale: float

    name: ClassVar[str] = "points"
    plural: ClassVar[str] = "points"
    together: ClassVar[bool] = True
    bounded: ClassVar[bool] = False
    media: ClassVar[Literal["text/csv"]] = "text/csv"
    memory_format: ClassVar[torch.memory_format] = torch.contiguous_format
    columns: ClassVar[int] = 8
    vectors_described: ClassVar[str] = "coordinates"

    @classmethod
    def of(cls, examples: ExampleFormat) -> "PointSpace":
        """The space of such examples. Raises ValueError where they are no points."""
        centre, scale = examples.centre, examples.scale
        if examples.dtype != "float32" or len(examples.shape) != 1 or examples.shape[0] > MOST_DIMENSIONS:
            raise ValueError(f"must be float32 points of the shape (d,), is {examples.dtype} {examples.shape}")
        if centre is None or scale is None or len(centre) != examples.shape[0]:
            raise ValueError("points need a scale and a centre with a number for each coordinate")
        return cls(centre, scale)

    @classmethod
    def around(cls, points: Float[np.ndarray, "n d"]) -> "PointSpace":
        """The space whose centre is the mean of `points`, and whose scale is their root mean square distance from it.

        The mean square is over all points and coordinates.
        """
        centre = points.mean(axis=0, dtype=np.float64)
        spread = float(np.sqrt(np.square(points - centre).mean()))
        return cls(tuple(centre.tolist()), spread or 1.0)

    @property
    def format(self) -> ExampleFormat:
        """How a point is stored."""
        return ExampleFormat(space=self.name, shape=self.shape, dtype="float32", centre=self.centre, scale=self.scale)

    @property
    def shape(self) -> tuple[int]:
        """The shape of a point, on disk and for the players."""
        return (len(self.centre),)

    def output(self) -> nn.Module:
        """A layer that changes nothing, because any numbers are a point."""
        return nn.Identity()

    def to_players(self, points: Float32[Tensor, "n d"]) -> Float32[Tensor, "n d"]:
        """(x - centre) / scale."""
        return (points - points.new_tensor(self.centre)) / self.scale

    def from_players(self, points: Float[Tensor, "n d"]) -> Float32[np.ndarray, "n d"]:
        """x · scale + centre."""
        points = points.float()
        values: np.ndarray = (points * self.scale + points.new_tensor(self.centre)).numpy()
        return values

    def to_vectors(self, points: Float32[np.ndarray, "n d"]) -> Float32[np.ndarray, "n d"]:
        """The coordinates themselves."""
        return points

    @property
    def described(self) -> str:
        """How many numbers a point has, for people."""
        return f"{len(self.centre)} numbers, 32 bits each"

    def encode(self, point: Float32[np.ndarray, " d"]) -> bytes:
        """The coordinates with commas between them, exactly."""
        return ",".join(map(repr, point.tolist())).encode()

    def picture(self, point: Float32[np.ndarray, " d"]) -> Image.Image:
        """Where one point lies."""
        return self.grid(point[None], 1)

    def grid(self, points: Float32[np.ndarray, "n d"], columns: int) -> Image.Image:
        """All points in one picture: a histogram in one dimension, else a map of the first two coordinates."""
        return self._histogram(points[:, 0]) if len(self.centre) == 1 else self._map(points[:, :2])

    def _map(self, points: Float32[np.ndarray, "n 2"]) -> Image.Image:
        canvas = Image.new("RGB", (SIDE, SIDE), PAPER)
        draw = ImageDraw.Draw(canvas)
        draw.line([(SIDE // 2, 0), (SIDE // 2, SIDE)], AXIS)
        draw.line([(0, SIDE // 2), (SIDE, SIDE // 2)], AXIS)
        places = ((points - np.array(self.centre[:2])) / (REACH * self.scale) * [1, -1] + 1) * SIDE / 2
        radius = 2 if len(points) > 1 else 5
        for x, y in places:
            draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=INK)
        return canvas

    def _histogram(self, values: Float32[np.ndarray, " n"]) -> Image.Image:
        canvas = Image.new("RGB", (SIDE, SIDE // 2), PAPER)
        draw, height = ImageDraw.Draw(canvas), SIDE // 2
        centre, reach = self.centre[0], REACH * 1.6 * self.scale
        counts, _ = np.histogram(values, BINS, (centre - reach, centre + reach))
        width, full = SIDE / BINS, max(1, counts.max()) * 1.1
        for bin, count in enumerate(counts):
            if count:
                draw.rectangle([bin * width, height * (1 - count / full), (bin + 1) * width - 1, height], fill=INK)
        draw.line([(0, height - 1), (SIDE, height - 1)], AXIS)
        return canvas
