"""How two sets of features lie among each other: precision and recall, density and coverage.

Improved precision and recall: Kynkäänniemi et al. 2019, arXiv:1904.06991, eq. 1 and 2. Density and coverage: Naeem et
al. 2020, arXiv:2002.09797, eq. 3 and 4. They are measured together, because they need the same distances.
"""

import numpy as np
from jaxtyping import Float

from nashgan.metrics.feature_metric import FeatureMetric, Features
from nashgan.metrics.interval import Estimate, covered_share, normal_interval, share, standard_error
from nashgan.metrics.neighbours import Overlap, check_neighbours, overlaps, radii

PRECISION_K, DENSITY_K = 3, 5  # the papers' values


def precision_recall(
    real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m d"], k: int = PRECISION_K
) -> tuple[Estimate, Estimate]:
    """Precision and recall of `fake`; both lie in 0 … 1, and higher is better.

    Precision is the share of samples within the manifold of the real images. Recall is the share of real images within
    the manifold of the samples. The manifold of a set is the union of closed balls around its points, each of which
    reaches to the point's k-th nearest neighbour. Raises UserError where a set has k images or fewer or is not finite.
    """
    check_neighbours(real, fake, k)
    (around_real,), (around_fake,) = overlaps(real, fake, radii(real, [k]), radii(fake, [k]))
    return _precision(around_real), _covered(around_fake)


def density_coverage(
    real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m d"], k: int = DENSITY_K
) -> tuple[Estimate, Estimate]:
    """Density and coverage of `fake`; both are better when higher.

    The neighbourhood of a real image is the closed ball around it that reaches to its k-th nearest real neighbour.
    Density is the mean number of neighbourhoods that a sample lies in, divided by k; it is at least 0 and about 1 for
    real images. Coverage is the share of neighbourhoods that hold a sample, 0 … 1. Raises UserError where a set has k
    images or fewer, or is not finite.
    """
    check_neighbours(real, fake, k)
    (around_real,), _ = overlaps(real, fake, radii(real, [k]), np.empty((0, len(fake))))
    return _density(around_real, k), _covered(around_real)


def _precision(around_real: Overlap) -> Estimate:
    return share(int((around_real.of_fake > 0).sum()), len(around_real.of_fake))


def _density(around_real: Overlap, k: int) -> Estimate:
    density = float(around_real.of_fake.mean()) / k
    interval = normal_interval(density, standard_error(around_real.of_fake / k), 0)
    return Estimate(density, interval, higher_is_better=True)


def _covered(pairs: Overlap) -> Estimate:
    """The share of real images that have a pair."""
    return covered_share(int((pairs.of_real > 0).sum()), len(pairs.of_real), pairs.alone)


def _measure(real: Features, fake: Features, normalised: bool) -> dict[str, Estimate]:
    check_neighbours(real, fake, DENSITY_K)
    of_real, of_fake = radii(real, [PRECISION_K, DENSITY_K]), radii(fake, [PRECISION_K])
    (near, dense), (around_fake,) = overlaps(real, fake, of_real, of_fake)
    return {
        "precision": _precision(near),
        "recall": _covered(around_fake),
        "density": _density(dense, DENSITY_K),
        "coverage": _covered(dense),
    }


METRIC = FeatureMetric(
    _measure,
    {
        **dict.fromkeys(("precision", "recall"), f"k={PRECISION_K}"),
        **dict.fromkeys(("density", "coverage"), f"k={DENSITY_K}"),
    },
    lambda dim: DENSITY_K + 1,
)
