"""The form of a metric that compares two sets of features."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from nashgan.metrics.interval import Estimate

Features = Float[np.ndarray, "_ d"]
PAIRS_OF = 20_000  # examples of a set at most, where all pairs of examples are looked at


@dataclass(frozen=True)
class FeatureMetric:
    """One or several values that are computed together from the features of real examples and of samples.

    `measure(real, fake, normalised)` returns each value by its short name. With `normalised` the scale of the features
    has no meaning, so a distance is divided by their variance. The feature network turns short names into full ones.
    """

    measure: Callable[[Features, Features, bool], Mapping[str, Estimate]]
    protocols: Mapping[str, str] = field(default_factory=dict)  # what a value depends on besides network and examples
    minimum: Callable[[int], int] = lambda dim: 2  # examples that each set must have, by the number of features
    at_most: int | None = None  # examples of a set that it looks at, the first ones; None: all
