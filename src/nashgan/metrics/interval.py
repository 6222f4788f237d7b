"""Numbers with 95 % intervals: how far a metric moves when the same generator is sampled again, by another seed.

The real images stay what they are; their share of the noise is what the floor shows. Where a metric is a smooth
function of the samples' distribution, its standard error comes from the influence of each sample (the infinitesimal
jackknife: Jaeckel 1972; Efron 1982, "The Jackknife, the Bootstrap and Other Resampling Plans", chapter 6). Nothing is
drawn again, so there are none of the bootstrap's repeated points, which to a Fréchet distance are less variance.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float, Int64

from nashgan.runtime.errors import UserError

Z = 1.959963984540054  # of 95 %, two-sided
Interval = tuple[float, float]


@dataclass(frozen=True)
class Estimate:
    """A number, its 95 % interval where there is one, and what else its metric has to say, ready for JSON."""

    value: float
    interval: Interval | None
    details: dict[str, Any] = field(default_factory=dict)


def standard_error(influences: Float[np.ndarray, " n"]) -> float:
    """√(variance / n) of the samples' influences, or of n values of which the metric is the mean; n is at least 2."""
    return float(influences.std(ddof=1, dtype=np.float64)) / math.sqrt(len(influences))


def normal_interval(value: float, error: float, lowest: float = -math.inf, highest: float = math.inf) -> Interval:
    """``value`` ± 1.96 standard errors, cut off where the metric ends."""
    return max(lowest, value - Z * error), min(highest, value + Z * error)


def covered_share(hits: int, count: int, alone: Int64[np.ndarray, " n"]) -> Estimate:
    """`hits` of `count` real images are covered by samples, ``alone[j]`` of them by sample j alone.

    The jackknife's error: without sample j those are lost. What others may gain is left out, and a jackknife is
    rather too wide than too narrow (Efron and Stein 1981): here by 20 to 40 % (`python -m benchmarks.intervals`).
    """
    value, n = hits / count, len(alone)
    error = math.sqrt((n - 1) * float(alone.var())) / count
    return Estimate(value, normal_interval(value, error, 0, 1))


def share(hits: int, count: int, details: dict[str, Any] | None = None) -> Estimate:
    """`hits` of `count` with Wilson's interval (1927), right at 0 and 1 too. Raises UserError for none of 0."""
    if count < 1:
        raise UserError("images: a share of none; at least one is needed")
    value, spread = hits / count, Z * Z / count
    middle = (value + spread / 2) / (1 + spread)
    reach = math.sqrt(value * (1 - value) * spread + spread * spread / 4) / (1 + spread)
    return Estimate(value, (max(0.0, min(value, middle - reach)), min(1.0, max(value, middle + reach))), details or {})
