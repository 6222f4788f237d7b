"""The distance of the distributions of single values, whatever their positions."""

import numpy as np
from jaxtyping import Float
from scipy.stats import wasserstein_distance

from nashgan.metrics.interval import Estimate
from nashgan.metrics.jackknife import grouped_jackknife

Series = Float[np.ndarray, "_ length channels"]


def marginal_distance(real: Series, fake: Series) -> float:
    """The Wasserstein-1 distance of the values of all positions, its mean over channels, in the series' units."""
    channels = range(real.shape[2])
    return float(np.mean([wasserstein_distance(real[..., c].ravel(), fake[..., c].ravel()) for c in channels]))


def measure(real: Series, fake: Series) -> Estimate:
    """The distance with its 95 % interval."""
    return grouped_jackknife(lambda series: marginal_distance(real, series), fake, lowest=0.0)
