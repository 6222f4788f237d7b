"""Metrics: pure functions on arrays, one a file, each with the interval of its value.

Imported from here: the registry of those that take two sets of features, and the modules beside it. Which sets are
compared is decided in `nashgan.evaluation`; nothing here reads files or runs networks.
"""

from nashgan.runtime.registered import Registered

METRICS = {  # of two sets of features, each a `FeatureMetric` of nashgan.metrics.feature_metric
    "frechet": Registered("nashgan.metrics.frechet:METRIC"),
    "kernel": Registered("nashgan.metrics.kid:METRIC"),
    "frechet_infinity": Registered("nashgan.metrics.frechet_infinity:METRIC"),
    "manifolds": Registered("nashgan.metrics.manifolds:METRIC"),
}
