"""All metrics that need only two sets of features, under the names they have in the evaluation."""

from collections.abc import Iterable
from functools import cache
from importlib.metadata import version

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
) -> Metrics:
    """Every one of the `metrics` for which there are enough examples, by its full name. Raises UserError as they do.

    None stands for those of the network.
    """
    made: Metrics = {}
    for chosen in metrics or network.metrics or METRICS:
        metric: FeatureMetric = (METRICS | OF_ONE_NETWORK)[chosen].load()
        if min(len(real), len(fake)) < metric.minimum(network.dim):
            continue
        few = floor is None or len(floor) < metric.minimum(network.dim)
        with network.device:  # where metrics that use torch compute
            floors = {} if floor is None or few else metric.measure(real, floor, network.normalised)
            found = metric.measure(real, fake, network.normalised)
        others = None if floor is None else len(floor)
        for name, estimate in found.items():
            line = f"{protocol} {metric.protocols.get(name, '')}".rstrip()
            made[network.metric_name(name)] = measured(estimate, floors.get(name), len(fake), line, others)
    return made


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
