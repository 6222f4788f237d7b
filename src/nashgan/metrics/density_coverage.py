"""Density and coverage (Naeem et al. 2020, arXiv:2002.09797, eq. 3 and 4)."""

import numpy as np
from jaxtyping import Float

from nashgan.metrics.feature_metric import FeatureMetric, Features
from nashgan.metrics.interval import Estimate, covered_share, normal_interval, standard_error
from nashgan.metrics.neighbours import check_neighbours, distance_blocks, radii

K = 5  # the paper's value


def density_coverage(
    real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m d"], k: int = K
) -> tuple[Estimate, Estimate]:
    """Density and coverage of `fake`; both are better when higher.

    The neighbourhood of a real image is the closed ball around it that reaches to its k-th nearest real neighbour.
    Density is the mean number of neighbourhoods that a sample lies in, divided by k; it is at least 0 and about 1 for
    real images. Coverage is the share of neighbourhoods that hold a sample, 0 … 1. Raises UserError where a set has k
    images or fewer, or is not finite.
    """
    check_neighbours(real, fake, k)
    of_real = radii(real, k)
    covered, counts, alone = 0, np.zeros(len(fake)), np.zeros(len(fake), np.int64)
    for place, squared in distance_blocks(real, fake):
        within = squared <= of_real[place, None]
        counts += within.sum(axis=0)
        samples = within.sum(axis=1)
        covered += int((samples > 0).sum())
        alone += within[samples == 1].sum(axis=0)
    density = float(counts.mean()) / k
    interval = normal_interval(density, standard_error(counts / k), 0)
    return Estimate(density, interval, higher_is_better=True), covered_share(covered, len(real), alone)


def _measure(real: Features, fake: Features, normalised: bool) -> dict[str, Estimate]:
    density, coverage = density_coverage(real, fake)
    return {"density": density, "coverage": coverage}


METRIC = FeatureMetric(_measure, f"k={K}", lambda dim: K + 1)
