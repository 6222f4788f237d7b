"""Points from densities that are known exactly, drawn by a seed of their own; no file and no network is needed."""

from pathlib import Path

import numpy as np

from nashgan.data.mixture import Mixture
from nashgan.data.params import DataParams
from nashgan.data.source import Dataset, Source
from nashgan.runtime.randomness import derive_seed
from nashgan.spaces.points import PointSpace

POINTS = 20_000  # of each density
TURNS, ARM = 1.5, 200  # of the spiral, and the normal distributions that it consists of

DENSITIES: dict[str, Mixture] = {
    "gaussian1d": Mixture(np.array([[0.0]]), 1.0),
    "mixture1d": Mixture(np.array([[-2.0], [0.0], [2.0]]), 0.3),
    "ring8": Mixture(  # radius 2, as in "Unrolled Generative Adversarial Networks" (Metz et al., 2017)
        2 * np.array([[np.cos(angle), np.sin(angle)] for angle in np.arange(8) * np.pi / 4]), 0.02
    ),
    "grid25": Mixture(  # PacGAN, section 4.1 (Lin et al., 2018); VEEGAN (Srivastava et al., 2017)
        np.array([[x, y] for x in range(-4, 5, 2) for y in range(-4, 5, 2)], dtype=np.float64), 0.05
    ),
    "spiral": Mixture(
        np.array([[t * np.cos(TURNS * np.pi * t), t * np.sin(TURNS * np.pi * t)] for t in np.linspace(0.3, 2, ARM)]),
        0.05,
        modes=False,
    ),
}


def _dataset(name: str) -> Dataset:
    density = DENSITIES[name]

    def load(data: DataParams, base: Path) -> Source:
        random = np.random.default_rng(derive_seed(0, "density", name))
        points = density.draw(POINTS, random).astype(np.float32)
        return Source(
            count=POINTS,
            format=PointSpace.around(points).format,
            examples=iter(points),
            origin={"density": _described(density)},
        )

    return Dataset(load, needs_no_download=lambda data: True)


def _described(density: Mixture) -> str:
    count, dimensions = density.centres.shape
    return f"{count} normal distributions of deviation {density.deviation:g} in {dimensions} dimensions"


GAUSSIAN1D, MIXTURE1D, RING8, GRID25, SPIRAL = map(_dataset, DENSITIES)
