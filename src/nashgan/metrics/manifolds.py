"""How two sets of features lie among each other: precision and recall, density and coverage.

Improved precision and recall: Kynkäänniemi et al. 2019, arXiv:1904.06991, eq. 1 and 2. Density and coverage: Naeem et
al. 2020, arXiv:2002.09797, eq. 3 and 4. They are measured together, because they need the same distances.
"""

import numpy as np
from jaxtyping import Float

from nashgan.metrics.feature_metric import PAIRS_OF, FeatureMetric
from nashgan.metrics.interval import Estimate, covered_share, normal_interval, share, standard_error
from nashgan.metrics.neighbours import Overlap, check_neighbours, overlaps, radii

PRECISION_K, DENSITY_K = 3, 5  # the papers' values


def manifold_metrics(
    real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m d"], k: int = PRECISION_K, density_k: int = DENSITY_K
) -> dict[str, Estimate]:
    """Precision, recall, density and coverage of `fake`; all are better when higher, and all but density are 0 … 1.

    The manifold of a set is the union of closed balls around its points, each of which reaches to the point's k-th
    nearest neighbour. Precision is the share of samples within the manifold of the real images. Recall is the share of
    real images within the manifold of the samples.

    The neighbourhood of a real image is the closed ball that reaches to its `density_k`-th nearest real neighbour.
    Density is the mean number of neighbourhoods that a sample lies in, divided by `density_k`; it is at least 0 and
    about 1 for real images. Coverage is the share of neighbourhoods that hold a sample.

    Raises UserError where a set has no more images than the larger k, or is not finite.
    """
    check_neighbours(real, fake, max(k, density_k))
    (near, dense), (around_fake,) = overlaps(real, fake, radii(real, [k, density_k]), radii(fake, [k]))
    return {
        "precision": _precision(near),
        "recall": _covered(around_fake),
        "density": _density(dense, density_k),
        "coverage": _covered(dense),
    }


def _precision(around_real: Overlap) -> Estimate:
    return share(int((around_real.of_fake > 0).sum()), len(around_real.of_fake))


def _density(around_real: Overlap, k: int) -> Estimate:
    density = float(around_real.of_fake.mean()) / k
    interval = normal_interval(density, standard_error(around_real.of_fake / k), 0)
    return Estimate(density, interval, higher_is_better=True)


def _covered(pairs: Overlap) -> Estimate:
    """The share of real images that have a pair."""
    return covered_share(int((pairs.of_real > 0).sum()), len(pairs.of_real), pairs.alone)


METRIC = FeatureMetric(
    lambda real, fake, normalised: manifold_metrics(real, fake),
    {
        **dict.fromkeys(("precision", "recall"), f"k={PRECISION_K}"),
        **dict.fromkeys(("density", "coverage"), f"k={DENSITY_K}"),
    },
    lambda dim: DENSITY_K + 1,
    PAIRS_OF,
)
