"""Whether one set of numbers is lower than another: the share of pairs in which it is, a p-value and an interval."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.stats import mannwhitneyu, rankdata

from nashgan.metrics.interval import Interval, normal_interval
from nashgan.runtime.errors import UserError


@dataclass(frozen=True)
class Comparison:
    """The share P(x < y) + P(x = y) / 2, which is 0.5 for equal distributions, with its 95 % interval.

    The p-value is one-sided: it is small where x is lower.
    """

    share: float
    p_value: float
    interval: Interval


def share_below(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " m"]) -> Comparison:
    """Compare by the U test of Mann and Whitney (1947), with the variance of DeLong et al. (1988).

    Raises UserError where a set has fewer than two numbers or is not finite.
    """
    if min(len(x), len(y)) < 2:
        raise UserError(f"images: a comparison needs at least two a set, got {len(x)}, {len(y)}")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise UserError("features: NaN or infinite values cannot be compared; the images or the network are broken")
    ranks = rankdata(np.concatenate([x, y]))
    above = 1 - (ranks[: len(x)] - rankdata(x)) / len(y)  # share of y above each of x
    below = (ranks[len(x) :] - rankdata(y)) / len(x)  # share of x below each of y
    error = float(np.sqrt(above.var(ddof=1) / len(x) + below.var(ddof=1) / len(y)))
    value = float(above.mean())
    with np.errstate(invalid="ignore", divide="ignore"):  # where all numbers are equal the p-value is NaN
        p_value = float(mannwhitneyu(x, y, alternative="less", method="asymptotic").pvalue)
    return Comparison(value, 1.0 if np.isnan(p_value) else p_value, normal_interval(value, error, 0, 1))
