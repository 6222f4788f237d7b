"""AUROC: how often a score is higher for one kind of examples than for another."""

import math

import numpy as np
from jaxtyping import Float

from nashgan.metrics.interval import Estimate, normal_interval


def auroc(positive: Float[np.ndarray, " m"], negative: Float[np.ndarray, " n"]) -> Estimate:
    """P(score of a positive > score of a negative), ties counted half: the area under the ROC curve.

    The interval is that of DeLong et al. (1988), equation 5; both sets have two examples or more.
    """
    of_positive, of_negative = _share_below(positive, negative), 1 - _share_below(negative, positive)
    error = math.sqrt(of_positive.var(ddof=1) / len(positive) + of_negative.var(ddof=1) / len(negative))
    value = float(of_positive.mean())
    return Estimate(value, normal_interval(value, error, 0, 1), higher_is_better=True)


def _share_below(values: Float[np.ndarray, " m"], others: Float[np.ndarray, " n"]) -> Float[np.ndarray, " m"]:
    """For each value the share of `others` below it, equal ones counted half."""
    ordered = np.sort(others)
    below, not_above = (np.searchsorted(ordered, values, side) for side in ("left", "right"))
    return (below + not_above) / (2 * len(others))
