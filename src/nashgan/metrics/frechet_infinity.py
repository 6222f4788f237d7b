"""A Fréchet distance extrapolated to infinitely many samples (Chong and Forsyth 2020, arXiv:1911.07023).

The distance of N samples is too large by about c / N, where c depends on the generator. So the distances of subsets of
several sizes lie on a line over 1/N, and its value at 1/N = 0 is the estimate. This holds only where N is well above
the number of features. The bias from the number of real images stays; it is the same for all generators.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nashgan.metrics.feature_metric import PAIRS_OF, FeatureMetric, Features
from nashgan.metrics.frechet import distances_from, frechet_error
from nashgan.metrics.interval import Estimate, normal_interval
from nashgan.runtime.errors import UserError
from nashgan.runtime.progress import progress
from nashgan.runtime.randomness import derive_seed

POINTS = 15  # the paper's value
SMALLEST = 4  # the smallest subset is this part of all samples


@dataclass(frozen=True)
class Extrapolation:
    """The fitted line: its value at 1/N = 0, its slope in 1/N, the error of the fit, and the points."""

    value: float
    slope: float
    fit_error: float  # standard error of `value` from the residuals alone
    sizes: list[int]
    distances: list[float]


def extrapolate(sizes: list[int], distances: list[float]) -> Extrapolation:
    """Fit distance = value + slope / N by least squares. Raises UserError for fewer than three different sizes."""
    if len(set(sizes)) < 3:
        raise UserError(f"samples: an extrapolation needs three sizes of subsets, got {len(set(sizes))}")
    inverse, values = 1 / np.array(sizes, np.float64), np.array(distances, np.float64)
    offset = inverse - inverse.mean()
    slope = float(offset @ values / (offset @ offset))
    value = float(values.mean() - slope * inverse.mean())
    residuals = values - value - slope * inverse
    variance = float(residuals @ residuals) / (len(sizes) - 2)
    error = variance * (1 / len(sizes) + inverse.mean() ** 2 / float(offset @ offset))
    return Extrapolation(value, slope, float(np.sqrt(error)), sizes, distances)


def fid_infinity(
    real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m d"], normalised: bool = False, points: int = POINTS
) -> Extrapolation:
    """Extrapolate a distance from `points` seeded subsets, from a quarter to all of the samples, evenly spaced in 1/N.

    Raises UserError as the distance does, and where there are fewer than eight samples.
    """
    if len(fake) < 2 * SMALLEST:
        raise UserError(f"samples: an extrapolation needs at least {2 * SMALLEST}, got {len(fake)}")
    sizes = [round(len(fake) / part) for part in np.linspace(SMALLEST, 1, points)]
    random = np.random.default_rng(derive_seed(0, "fid infinity"))
    subsets = [np.sort(random.choice(len(fake), size, replace=False)) for size in sizes]
    distance, distances = distances_from(real, normalised), []
    with progress("distances of subsets", points, unit="subsets") as advance:
        for subset in subsets:
            distances.append(distance(fake[subset]))
            advance(1)
    return extrapolate(sizes, distances)


def infinity_estimate(real: Features, fake: Features, normalised: bool) -> Estimate:
    """The extrapolated distance; its interval joins the fit's error to that of the distance of all samples."""
    found = fid_infinity(real, fake, normalised)
    error = math.hypot(found.fit_error, frechet_error(real, fake, normalised))
    points = [list(point) for point in zip(found.sizes, found.distances, strict=True)]
    details = {"fit_error": found.fit_error, "slope": found.slope, "points": points}
    return Estimate(found.value, normal_interval(found.value, error), details)


METRIC = FeatureMetric(
    lambda real, fake, normalised: {"frechet_infinity": infinity_estimate(real, fake, normalised)},
    {"frechet_infinity": f"points={POINTS}"},
    lambda dim: SMALLEST * dim,  # no subset smaller than the number of features
    PAIRS_OF,  # it decomposes a covariance for each subset
)
