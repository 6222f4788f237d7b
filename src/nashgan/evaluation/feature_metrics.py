"""All metrics that need only two sets of features, under the names they have in the evaluation."""

from collections.abc import Iterable
from functools import cache
from importlib.metadata import version

import numpy as np
from jaxtyping import Int64

from nashgan.features.network import FeatureNetwork
from nashgan.metrics import METRICS, OF_ONE_NETWORK
from nashgan.metrics.feature_metric import FeatureMetric, Features
from nashgan.metrics.interval import Estimate
from nashgan.records.evaluation import Metric

Metrics = dict[str, Metric]


def measure_features(
    network: FeatureNetwork,
    real: Features,
    fake: Features,
    floor: Features | None,
    protocol: str,
    metrics: Iterable[str] | None = None,
    order: Int64[np.ndarray, " m"] | None = None,
) -> Metrics:
    """Every one of the `metrics` for which there are enough examples, by its full name. Raises UserError as they do.

    None stands for the metrics of the network. A metric that looks at part of the examples gets the first ones of
    `real` and `floor`, and of `fake` the first in this `order`. Its protocol then names their number.
    """
    made: Metrics = {}
    for chosen in metrics or network.metrics or METRICS:
        metric: FeatureMetric = (METRICS | OF_ONE_NETWORK)[chosen].load()
        if min(len(real), len(fake)) < metric.minimum(network.dim):
            continue
        few = floor is None or len(floor) < metric.minimum(network.dim)
        with network.device:  # where metrics that use torch compute
            count = metric.at_most
            known, drawn = real[:count], _first(fake, order, count)
            floors = {} if floor is None or few else metric.measure(known, floor[:count], network.normalised)
            found = metric.measure(known, drawn, network.normalised)
        others = None if floor is None else len(floor)
        part = f"subset={count}" if count and max(len(real), len(fake)) > count else ""
        for name, estimate in found.items():
            line = " ".join(filter(None, (protocol, part, metric.protocols.get(name))))
            made[network.metric_name(name)] = measured(estimate, floors.get(name), len(fake), line, others)
    return made


def _first(fake: Features, order: Int64[np.ndarray, " m"] | None, count: int | None) -> Features:
    """The first `count` in this order. All of them stay where they are: they may be more than memory holds."""
    chosen: np.ndarray = fake[:count] if order is None or count is None or len(fake) <= count else fake[order[:count]]
    return chosen


def measured(
    estimate: Estimate, floor: Estimate | float | None, samples: int, protocol: str, others: int | None = None
) -> Metric:
    """A record for the evaluation: an estimate with its floor, its number of samples and its protocol.

    `others` are the real examples of a measured floor, where they may be fewer than the samples.
    """
    found = {
        "value": estimate.value,
        "floor": floor.value if isinstance(floor, Estimate) else floor,
        "samples": samples,
        "protocol": protocol,
        "versions": versions(),
        "interval": estimate.interval,
        "floor_samples": others if isinstance(floor, Estimate) and others != samples else None,
        "floor_interval": floor.interval if isinstance(floor, Estimate) else None,
        "higher_is_better": estimate.higher_is_better or None,
        **estimate.details,
    }
    return Metric.model_validate({key: value for key, value in found.items() if value is not None or key == "floor"})


@cache
def versions() -> str:
    """The versions of the libraries that compute the metrics."""
    return ", ".join(f"{name} {version(name)}" for name in ("nashgan", "torch", "numpy", "scipy", "pytorch-fid"))
