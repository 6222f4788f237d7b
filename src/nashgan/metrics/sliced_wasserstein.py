"""The sliced Wasserstein distance: the mean Wasserstein-1 distance of projections onto lines (Bonneel et al., 2015)."""

import numpy as np
from jaxtyping import Float
from scipy.stats import wasserstein_distance

from nashgan.metrics.interval import Estimate
from nashgan.metrics.jackknife import grouped_jackknife

LINES = 64

Points = Float[np.ndarray, "_ d"]


def directions(dimensions: int) -> Float[np.ndarray, "lines d"]:
    """Unit vectors: one in one dimension, evenly spread ones in two, else random ones that are always the same."""
    if dimensions == 1:
        return np.ones((1, 1))
    if dimensions == 2:
        angles = np.arange(LINES) * np.pi / LINES
        return np.stack([np.cos(angles), np.sin(angles)], axis=1)
    random = np.random.default_rng(0).standard_normal((LINES, dimensions))
    unit: Float[np.ndarray, "lines d"] = random / np.linalg.norm(random, axis=1, keepdims=True)
    return unit


def sliced_wasserstein(real: Points, fake: Points) -> float:
    """The distance of two sets of points, in the points' units; 0 for equal sets. They may differ in number."""
    lines = directions(real.shape[1]).T
    of_real, of_fake = real.astype(np.float64) @ lines, fake.astype(np.float64) @ lines
    return float(np.mean([wasserstein_distance(a, b) for a, b in zip(of_real.T, of_fake.T, strict=True)]))


def measure(real: Points, fake: Points) -> Estimate:
    """The distance with its 95 % interval."""
    return grouped_jackknife(lambda points: sliced_wasserstein(real, points), fake, lowest=0.0)
