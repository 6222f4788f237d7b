"""Improved precision and recall (Kynkäänniemi et al. 2019, arXiv:1904.06991, eq. 1 and 2)."""

import numpy as np
from jaxtyping import Float

from nashgan.metrics.feature_metric import FeatureMetric, Features
from nashgan.metrics.interval import Estimate, covered_share, share
from nashgan.metrics.neighbours import check_neighbours, distance_blocks, radii

K = 3  # the paper's value


def precision_recall(
    real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m d"], k: int = K
) -> tuple[Estimate, Estimate]:
    """Precision and recall of `fake`; both lie in 0 … 1, and higher is better.

    Precision is the share of samples within the manifold of the real images. Recall is the share of real images within
    the manifold of the samples. The manifold of a set is the union of closed balls around its points, each of which
    reaches to the point's k-th nearest neighbour. Raises UserError where a set has k images or fewer or is not finite.
    """
    check_neighbours(real, fake, k)
    of_real, of_fake = radii(real, k), radii(fake, k)
    recalled, precise, alone = 0, np.zeros(len(fake), bool), np.zeros(len(fake), np.int64)
    for place, squared in distance_blocks(real, fake):
        precise |= (squared <= of_real[place, None]).any(axis=0)
        around = squared <= of_fake
        counts = around.sum(axis=1)
        recalled += int((counts > 0).sum())
        alone += around[counts == 1].sum(axis=0)
    return share(int(precise.sum()), len(fake)), covered_share(recalled, len(real), alone)


def _measure(real: Features, fake: Features, normalised: bool) -> dict[str, Estimate]:
    precision, recall = precision_recall(real, fake)
    return {"precision": precision, "recall": recall}


METRIC = FeatureMetric(_measure, f"k={K}", lambda dim: K + 1)
