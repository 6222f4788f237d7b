"""Values with 95 % intervals: how far a metric moves when the same generator is sampled again with another seed.

The real images are taken as fixed. Where a metric is a smooth function of the samples' distribution, its standard error
comes from the influence of each sample (the infinitesimal jackknife: Jaeckel 1972; Efron 1982, "The Jackknife, the
Bootstrap and Other Resampling Plans", chapter 6). The bootstrap is not used: it repeats samples, which lowers their
variance and so changes a Fréchet distance.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float, Int64

from nashgan.runtime.errors import UserError

Z = 1.959963984540054  # the normal quantile for 95 %, two-sided
Interval = tuple[float, float]


@dataclass(frozen=True)
class Estimate:
    """A metric's value, its 95 % interval where there is one, and further results as JSON values."""

    value: float
    interval: Interval | None
    details: dict[str, Any] = field(default_factory=dict)
    higher_is_better: bool = False


def standard_error(influences: Float[np.ndarray, " n"]) -> float:
    """√(variance / n) of n influences, or of n values whose mean is the metric; n is at least 2."""
    return float(influences.std(ddof=1, dtype=np.float64)) / math.sqrt(len(influences))


def normal_interval(value: float, error: float, lowest: float = -math.inf, highest: float = math.inf) -> Interval:
    """``value`` ± 1.96 standard errors, cut off at the metric's lowest and highest possible value."""
    return max(lowest, value - Z * error), min(highest, value + Z * error)


def covered_share(hits: int, count: int, alone: Int64[np.ndarray, " n"]) -> Estimate:
    """The share of `count` real images that are covered by samples: `hits`, ``alone[j]`` of them by sample j alone.

    The standard error is the jackknife's: without sample j, the share loses ``alone[j]`` images. It is ignored that the
    neighbourhoods of other samples may then grow. A jackknife's interval is too wide rather than too narrow (Efron and
    Stein 1981); this one is too wide by 20 to 40 % (`python -m benchmarks.intervals`).
    """
    value, n = hits / count, len(alone)
    error = math.sqrt((n - 1) * float(alone.var())) / count
    return Estimate(value, normal_interval(value, error, 0, 1), higher_is_better=True)


def mean(values: Float[np.ndarray, " n"], lowest: float = -math.inf, highest: float = math.inf) -> Estimate:
    """The mean of independent values with its interval; one value has none."""
    value = float(values.mean())
    interval = normal_interval(value, standard_error(values), lowest, highest) if len(values) > 1 else None
    return Estimate(value, interval, higher_is_better=True)


def share(hits: int, count: int, details: dict[str, Any] | None = None) -> Estimate:
    """`hits` / `count` with Wilson's interval (1927), which holds at 0 and 1 too. Raises UserError where count is 0."""
    if count < 1:
        raise UserError("images: a share needs at least one image, got none")
    value, spread = hits / count, Z * Z / count
    middle = (value + spread / 2) / (1 + spread)
    reach = math.sqrt(value * (1 - value) * spread + spread * spread / 4) / (1 + spread)
    interval = max(0.0, min(value, middle - reach)), min(1.0, max(value, middle + reach))
    return Estimate(value, interval, details or {}, higher_is_better=True)
