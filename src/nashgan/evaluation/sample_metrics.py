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
from nashgan.metrics.feature_metric import PAIRS_OF, Features
from nashgan.metrics.interval import Estimate, share
from nashgan.metrics.memorisation import memorisation, vector_memorisation
from nashgan.metrics.modes import joined_labels, mode_count, mode_kl
from nashgan.records import samples, splits
from nashgan.records.evaluation import Metric
from nashgan.records.examples import labels_path
from nashgan.records.paths import Paths
from nashgan.records.record import mend
from nashgan.records.reference import STAGE as REFERENCE
from nashgan.records.reference import Neighbours, read_neighbours, read_reference_labels
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
        real = self.classifier.probabilities(reference.real).argmax(axis=1)
        by_set = [self.classifier.probabilities(x) for x in self._samples_and_floor()]
        answers = [probabilities.argmax(axis=1) for probabilities in by_set]
        made = {
            "class_kl": self._beside([class_kl(real, one, names) for one in answers]),
            "classifier_score": self._beside([classifier_score(one) for one in by_set]),
        }
        return made | self.conditional(*answers)

    def conditional(self, predicted: np.ndarray, predicted_floor: np.ndarray | None = None) -> Metrics:
        """Accuracy of each class, and its distance if it has two examples. Nothing if samples have no given class."""
        names, reference = self.classifier.config.classes, self.view.reference
        known = self._reference_labels()
        if known is None or self.labels is None:
            return {}
        of_real, of_floor = known
        sets = [(self.view.features, predicted, np.asarray(self.labels[: len(predicted)]))]
        if predicted_floor is not None:
            sets.append((reference.floor, predicted_floor, of_floor))
        made = {"class_accuracy": self._beside([class_accuracy(found, asked, names) for _, found, asked in sets])}
        if any(np.bincount(x, minlength=len(names)).min() < 2 for x in (of_real, *[asked for *_, asked in sets])):
            return made  # too few examples for a covariance of each class
        distances = [frechet_per_class(reference.real, of_real, x, asked, names) for x, _, asked in sets]
        return made | {"fcd_per_class": self._beside(distances)}

    def modes(self) -> Metrics:
        """The number of modes and the divergence of their histogram from that of the training split, by its labels."""
        train = splits.read_split(self.paths.splits, "train")
        if train.labels is None:
            return {}
        classes = len(self.classifier.config.classes)
        channels = self.classifier.config.pictures
        real = channel_labels(np.asarray(train.labels), channels, classes)
        found = [self.classifier.channel_classes(x) for x in self._samples_and_floor()]
        line = f"{self.view.protocol} modes={len(train)}"
        made = {"modes": self._beside([mode_count(one, classes) for one in found])}
        made |= {"modes_kl": self._beside([mode_kl(real, one, classes) for one in found], line)}
        known = self._reference_labels()
        if known is None or self.labels is None:
            return made
        asked = [np.asarray(x[: len(one)]) for x, one in zip((self.labels, known[1]), found, strict=False)]
        hits = [joined_labels(x, classes) == y for x, y in zip(found, asked, strict=True)]
        return made | {"class_accuracy": self._beside([share(int(one.sum()), len(one)) for one in hits])}

    def opened(self, views: Sequence[View]) -> list[Neighbours]:
        """What samples may be close to, of each view. The labels of the reference are looked at, too.

        Raises UserError where something is missing, broken or of other splits: before features are computed.
        """
        self._reference_labels()
        count, train = len(self.view.samples), splits.read_split(self.paths.splits, "train")
        held_out = splits.read_held_out(self.paths.splits, count)
        found = []
        for network in [view.network for view in views]:
            known = read_neighbours(self.paths.reference, network)
            fits = known.places.max() < len(train) and len(known.held_out[:count]) == len(held_out)
            if len(held_out) > 1 and not fits:  # with fewer there is no metric of them
                names = f"{network.name}.places.npy or {network.name}.held_out.npy"
                raise UserError(f"{self.paths.reference}: {names} is of other splits; {mend(REFERENCE)}")
            found.append(known)
        return found

    def memory(self, views: Sequence[View], neighbours: Sequence[Neighbours]) -> Metrics:
        """How close the samples are to training examples, in features and in pixels: the first `PAIRS_OF` of them.

        They are compared with at most as many held-out examples. Nothing where there are fewer than two of these.
        """
        every = len(self.view.samples)
        count = min(every, PAIRS_OF)
        held_out = splits.read_held_out(self.paths.splits, count).values
        if len(held_out) < 2:
            return {}
        train = splits.read_split(self.paths.splits, "train").values
        made: Metrics = {}
        drawn = f"n={count}" if count == every else f"n={count}-of-{every}"
        for view, known in zip(views, neighbours, strict=True):
            network = view.network
            if not network.measures("memorisation"):
                continue
            with network.device:
                found = memorisation(view.features[:count], known.held_out[:count], known.train, known.places)
            part = "" if len(known.train) == len(train) else f"-of-{len(train)}"
            line = f"{drawn} train={len(known.train)}{part} held_out={len(held_out)} {self._splits()}"
            line = f"{network.tag} resizer={network.resizer} {line}"
            made[network.metric_name("memorisation")] = self._metric(found, INDIFFERENT, line)
        space = space_of(splits.read_manifest(self.paths.splits).examples)
        with self.view.network.device:
            pixels = vector_memorisation(self.view.samples[:count], held_out, train, space.to_vectors)
        line = f"{space.vectors_described} {drawn} train={len(train)} held_out={len(held_out)} {self._splits()}"
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

    def _reference_labels(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The labels of `reference.real` and of `reference.floor`; None where the classifier knows no classes.

        Raises UserError where there are fewer of them.
        """
        config = self.classifier.config
        if config.task == "rotation":
            return None
        known = read_reference_labels(self.paths.reference, len(config.classes) ** config.pictures)
        sets = self.view.reference.real, self.view.reference.floor
        if known is None:
            return None
        for name, labels, part in zip(("real", "floor"), known, sets, strict=True):
            if len(labels) < len(part):
                path = labels_path(self.paths.reference, name)
                raise UserError(f"{path}: {len(labels)} labels, {len(part)} are needed; {mend(REFERENCE)}")
        return np.asarray(known[0][: len(sets[0])]), np.asarray(known[1][: len(sets[1])])

    def _samples_and_floor(self) -> list[Features]:
        """The features of the samples, and those of the floor where there is one."""
        others = self.view.reference.others
        return [self.view.features] if others is None else [self.view.features, others]

    def _beside(self, found: list[Estimate], protocol: str | None = None) -> Metric:
        """A metric of the samples, and of the floor where there is one."""
        return self._metric(found[0], found[1] if len(found) > 1 else None, protocol)

    def _metric(self, estimate: Estimate, floor: Estimate | float | None = None, protocol: str | None = None) -> Metric:
        samples, others = len(self.view.samples), len(self.view.reference.floor)
        return measured(estimate, floor, samples, protocol or self.view.protocol, others)
