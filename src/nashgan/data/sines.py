"""Sine waves whose frequencies, amplitudes and phases are drawn by a seed; no file and no network is needed."""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from nashgan.data.params import DataParams
from nashgan.data.source import Dataset, Source
from nashgan.runtime.randomness import derive_seed
from nashgan.spaces.series import SeriesSpace

COUNT, LENGTH = 10_000, 32
FREQUENCIES = (1.0, 4.0)  # cycles in a series
AMPLITUDES = (0.5, 1.5)


def draw(count: int, random: np.random.Generator) -> Float[np.ndarray, "count length 1"]:
    """amplitude · sin(2π · frequency · position / length + phase); all three are drawn uniformly."""
    shape = (count, 1, 1)
    frequency, amplitude = random.uniform(*FREQUENCIES, shape), random.uniform(*AMPLITUDES, shape)
    phase = random.uniform(0, 2 * np.pi, shape)
    position = np.arange(LENGTH)[None, :, None]
    waves: np.ndarray = amplitude * np.sin(2 * np.pi * frequency * position / LENGTH + phase)
    return waves


def load(data: DataParams, base: Path) -> Source:
    """The same `COUNT` series everywhere."""
    series = draw(COUNT, np.random.default_rng(derive_seed(0, "sines"))).astype(np.float32)
    return Source(
        count=COUNT,
        format=SeriesSpace.around(series).format,
        examples=iter(series),
        origin={
            "frequency": f"uniform from {FREQUENCIES[0]:g} to {FREQUENCIES[1]:g} cycles in {LENGTH} positions",
            "amplitude": f"uniform from {AMPLITUDES[0]:g} to {AMPLITUDES[1]:g}",
        },
    )


DATASET = Dataset(load, needs_no_download=lambda data: True)
