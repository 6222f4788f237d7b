"""The metrics that need more than two sets of features: labels, training examples, the discriminator, the generator."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from nashgan.data.source import channel_labels
from nashgan.evaluation.critic import INDIFFERENT
from nashgan.evaluation.feature_metrics import Metrics, measured
from nashgan.evaluation.view import View
from nashgan.features.classifier import LoadedClassifier
from nashgan.metrics.class_conditional import class_accuracy, frechet_per_class
from nashgan.metrics.class_histogram import class_kl, classifier_score
from nashgan.metrics.interval import Estimate, share
from nashgan.metrics.memorisation import memorisation, vector_memorisation
from nashgan.metrics.modes import joined_labels, mode_count, mode_kl
from nashgan.records import samples, splits
from nashgan.records.evaluation import Metric
from nashgan.records.paths import Paths
from nashgan.records.record import mend
from nashgan.records.reference import STAGE as REFERENCE
from nashgan.records.reference import read_neighbours, read_reference_labels
from nashgan.runtime.errors import UserError
from nashgan.spaces import space_of


@dataclass(frozen=True)
class SampleMetrics:
    """The metrics of the samples in a workspace, with the classifier's view of them."""

    paths: Paths
    classifier: LoadedClassifier
    view: View  # of the classifier's features
    labels: Int64[np.ndarray, " _"] | None  # classes that the samples were asked for, at least as many as there are

    def classes(self) -> Metrics:
        """Histogram of classes, classifier score and `conditional`; `modes` where each channel has its own class.

        Nothing where the classifier knows no classes.
        """
        if self.classifier.config.task == "channel":
            return self.modes()
        if self.classifier.config.task != "class":
            return {}
        names, reference = self.classifier.config.classes, self.view.reference
        by_set = [self.classifier.probabilities(x) for x in (reference.real, self.view.features, reference.floor)]
        real, fake, floor = (probabilities.argmax(axis=1) for probabilities in by_set)
        kl = class_kl(real, fake, names), class_kl(real, floor, names)
        score = classifier_score(by_set[1]), classifier_score(by_set[2])
        made = {"class_kl": self._metric(*kl), "classifier_score": self._metric(*score)}
        return made | self.conditional(fake, floor)

    def conditional(self, predicted: np.ndarray, predicted_floor: np.ndarray) -> Metrics:
        """Accuracy of each class, and its distance if it has two examples. Nothing if samples have no given class."""
        names, count, reference = self.classifier.config.classes, len(predicted), self.view.reference
        known = read_reference_labels(self.paths.reference, len(names))
        if known is None or self.labels is None:
            return {}
        of_real, of_floor, requested = (np.asarray(values[:count]) for values in (*known, self.labels))
        accuracy = class_accuracy(predicted, requested, names), class_accuracy(predicted_floor, of_floor, names)
        made = {"class_accuracy": self._metric(*accuracy)}
        if any(np.bincount(x, minlength=len(names)).min() < 2 for x in (of_real, of_floor, requested)):
            return made  # too few examples for a covariance of each class
        distance = (
            frechet_per_class(reference.real, of_real, self.view.features, requested, names),
            frechet_per_class(reference.real, of_real, reference.floor, of_floor, names),
        )
        return made | {"fcd_per_class": self._metric(*distance)}

    def modes(self) -> Metrics:
        """The number of modes and the divergence of their histogram from that of the training split, by its labels."""
        train = splits.read_split(self.paths.splits, "train")
        if train.labels is None:
            return {}
        classes, reference = len(self.classifier.config.classes), self.view.reference
        channels = self.classifier.config.pictures
        real = channel_labels(np.asarray(train.labels), channels, classes)
        fake, floor = (self.classifier.channel_classes(x) for x in (self.view.features, reference.floor))
        line = f"{reference.protocol} modes={len(train)}"
        kl = mode_kl(real, fake, classes), mode_kl(real, floor, classes)
        made = {"modes": self._metric(mode_count(fake, classes), mode_count(floor, classes))}
        made |= {"modes_kl": self._metric(*kl, line)}
        known = read_reference_labels(self.paths.reference, classes**channels)
        if known is None or self.labels is None:
            return made
        asked = np.asarray(self.labels[: len(fake)]), np.asarray(known[1][: len(floor)])
        hits, floor_hits = (joined_labels(x, classes) == y for x, y in zip((fake, floor), asked, strict=True))
        accuracy = share(int(hits.sum()), len(hits)), share(int(floor_hits.sum()), len(floor_hits))
        return made | {"class_accuracy": self._metric(*accuracy)}

    def memory(self, views: Sequence[View]) -> Metrics:
        """How close the samples are to training examples, in features and in pixels.

        They are compared with at most as many held-out examples. Nothing where there are fewer than two of these.
        """
        count = len(self.view.samples)
        held_out = splits.read_held_out(self.paths.splits, count).values
        if len(held_out) < 2:
            return {}
        train = splits.read_split(self.paths.splits, "train").values
        made: Metrics = {}
        for view in views:
            network, known = view.network, read_neighbours(self.paths.reference, view.network)
            if known.places.max() >= len(train) or len(known.held_out[:count]) != len(held_out):
                names = f"{network.name}.places.npy or {network.name}.held_out.npy"
                raise UserError(f"{self.paths.reference}: {names} is of other splits; {mend(REFERENCE)}")
            with network.device:
                found = memorisation(view.features, known.held_out[:count], known.train, known.places)
            part = "" if len(known.train) == len(train) else f"-of-{len(train)}"
            line = f"n={count} train={len(known.train)}{part} held_out={len(held_out)} {self._splits()}"
            line = f"{network.tag} resizer={network.resizer} {line}"
            made[network.metric_name("memorisation")] = self._metric(found, INDIFFERENT, line)
        space = space_of(splits.read_manifest(self.paths.splits).examples)
        with self.view.network.device:
            pixels = vector_memorisation(self.view.samples, held_out, train, space.to_vectors)
        line = f"{space.vectors} n={count} train={len(train)} held_out={len(held_out)} {self._splits()}"
        return made | {"memorisation_pixels": self._metric(pixels, INDIFFERENT, line)}

    def out_of_range(self) -> Metrics:
        """The share of values that rounding to bytes cut off. Nothing where the samples' manifest does not have it."""
        manifest = samples.read_manifest(self.paths.samples)
        found = manifest.out_of_range
        if found is None:
            return {}
        estimate = Estimate(found.value, found.interval)
        return {"out_of_range": self._metric(estimate, 0.0, f"generator n={manifest.count}")}

    def _splits(self) -> str:
        return f"splits:{splits.read_manifest(self.paths.splits).digest[:8]}"

    def _metric(self, estimate: Estimate, floor: Estimate | float, protocol: str | None = None) -> Metric:
        return measured(estimate, floor, len(self.view.samples), protocol or self.view.reference.protocol)
