"""Samples and real examples, with their features by one network."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Float32, Shaped

from nashgan.evaluation.feature_metrics import Metrics, measure_features
from nashgan.features.network import FeatureNetwork
from nashgan.features.reference import content_order
from nashgan.records.computed import IN_MEMORY
from nashgan.records.reference import Reference


@dataclass(frozen=True)
class View:
    """Real examples, and as many samples in the order of their file, or all samples beside a whole split."""

    network: FeatureNetwork
    reference: Reference
    samples: Shaped[np.ndarray, "n ..."]

    @cached_property
    def features(self) -> Float32[np.ndarray, "n d"]:
        """The features of the samples."""
        return self.network.features(self.samples)

    @property
    def protocol(self) -> str:
        """The protocol line of the view's metrics."""
        return self.reference.protocol(len(self.samples))

    def of(self, samples: Shaped[np.ndarray, "n ..."]) -> "View":
        """The same view with other samples."""
        return replace(self, samples=samples)

    def distances(self, floors: bool = True) -> Metrics:
        """The metrics that need only the features of both sets."""
        floor = self.reference.others if floors else None
        features, order = self.features, content_order(self.samples)
        if features.nbytes <= IN_MEMORY:
            return measure_features(self.network, self.reference.real, features[order], floor, self.protocol)
        return measure_features(self.network, self.reference.real, features, floor, self.protocol, order=order)
