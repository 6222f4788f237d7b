"""The interval of any smooth function of the samples: the delete-a-group jackknife (Kott, 2001; Efron, 1982)."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Shaped

from nashgan.metrics.interval import Estimate, normal_interval

GROUPS = 20


def grouped_jackknife(
    value: Callable[[Shaped[np.ndarray, "n ..."]], float],
    samples: Shaped[np.ndarray, "n ..."],
    lowest: float = -math.inf,
    highest: float = math.inf,
    higher_is_better: bool = False,
    details: dict[str, Any] | None = None,
) -> Estimate:
    """``value(samples)`` with a 95 % interval from its values without one of GROUPS groups of the samples.

    Sample i is in group i modulo GROUPS. The samples must be independent, and in an order that says nothing about
    them. With fewer than two samples a group there is no interval.
    """
    whole = value(samples)
    if len(samples) < 2 * GROUPS:
        return Estimate(whole, None, details or {}, higher_is_better)
    group = np.arange(len(samples)) % GROUPS
    without = np.array([value(samples[group != left_out]) for left_out in range(GROUPS)])
    error = math.sqrt((GROUPS - 1) / GROUPS * float(np.square(without - without.mean()).sum()))
    return Estimate(whole, normal_interval(whole, error, lowest, highest), details or {}, higher_is_better)
