"""Density and coverage (Naeem et al. 2020, arXiv:2002.09797, eq. 3 and 4)."""

import numpy as np
from jaxtyping import Float

from nashgan.metrics.interval import Estimate, covered_share, normal_interval, standard_error
from nashgan.metrics.neighbours import check_neighbours, distance_blocks, radii

K = 5  # the paper's


def density_coverage(
    real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m d"], k: int = K
) -> tuple[Estimate, Estimate]:
    """Density: in how many real neighbourhoods a sample lies, over k; coverage: the share of them that hold a sample.

    A neighbourhood is the ball around a real image that reaches to its k-th nearest real neighbour, its border
    included. Density is at least 0 and about 1 for real images, coverage 0 … 1; higher is better. Raises UserError
    where a set has k images or fewer or is not finite.
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
    return Estimate(density, interval), covered_share(covered, len(real), alone)
