"""Metrics: pure functions on arrays, one a file, each with the interval of its value.

Imported from here: the registries of those that take two sets of features, and the modules beside it. Which sets are
compared is decided in `nashgan.evaluation`; nothing here reads files or runs networks.
"""

from nashgan.runtime.registered import Registered

METRICS = {  # of two sets of features by any network, each a `FeatureMetric` of nashgan.metrics.feature_metric
    "frechet": Registered("nashgan.metrics.frechet:METRIC"),
    "kernel": Registered("nashgan.metrics.kid:METRIC"),
    "frechet_infinity": Registered("nashgan.metrics.frechet_infinity:METRIC"),
    "manifolds": Registered("nashgan.metrics.manifolds:METRIC"),
}
OF_ONE_NETWORK = {  # the same, measured only on the features of networks that name them
    "cmmd": Registered("nashgan.metrics.cmmd:METRIC"),
}
