"""The metrics that take more than two sets of features: labels, training images, the discriminator, the generator."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8

from nashgan.data.held_out import MEND, read_held_out
from nashgan.data.source import channel_labels
from nashgan.evaluation.feature_metrics import entry, measure_features
from nashgan.features.classifier import LoadedClassifier
from nashgan.features.network import FeatureNetwork
from nashgan.metrics.class_conditional import class_accuracy, frechet_per_class
from nashgan.metrics.class_histogram import class_kl, classifier_score
from nashgan.metrics.critic import critic_gap, critic_logits
from nashgan.metrics.interval import Estimate, share
from nashgan.metrics.memorisation import memorisation, pixel_memorisation
from nashgan.metrics.modes import joined_labels, mode_count, mode_kl
from nashgan.records.arrays import Images, read_images, read_manifest
from nashgan.records.paths import Paths
from nashgan.records.reference import Reference, content_order, read_labels, read_neighbours
from nashgan.runtime.errors import UserError

CRITIC_IMAGES = 10_000  # of each set, at most
MEMORISATION = {"classifier": "memorisation", "inception": "memorisation_inception"}
INDIFFERENT = 0.5  # how often one of two unseen real images is the closer one

Entries = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class View:
    """What a feature network sees: real images, and as many samples in the order of their file."""

    network: FeatureNetwork
    reference: Reference
    features: Float32[np.ndarray, "n d"]

    def of(self, images: UInt8[np.ndarray, "n c h w"]) -> "View":
        """The same with other samples."""
        return replace(self, features=self.network.features(images))

    def distances(self, images: UInt8[np.ndarray, "n c h w"], floors: bool = True) -> Entries:
        """The metrics that these features of `images` are enough for."""
        real, floor = self.reference.real, self.reference.floor if floors else None
        features = self.features[content_order(images)]
        return measure_features(self.network.name, real, features, floor, self.reference.protocol)


@dataclass(frozen=True)
class Judged:
    """Samples as the classifier sees them, in the workspace they were made in."""

    paths: Paths
    classifier: LoadedClassifier
    reference: Reference  # of as many images as there are features
    features: Float32[np.ndarray, "n d"]  # of the samples
    samples: Images

    def classes(self) -> Entries:
        """Histogram of classes and classifier score, where the classifier knows classes, and `conditional`.

        Where each channel has a class of its own: the modes that they make up.
        """
        if self.classifier.config.task == "channel":
            return self.modes()
        if self.classifier.config.task != "class":
            return {}
        names, reference = self.classifier.config.classes, self.reference
        by_set = [self.classifier.probabilities(x) for x in (reference.real, self.features, reference.floor)]
        real, fake, floor = (probabilities.argmax(axis=1) for probabilities in by_set)
        kl = class_kl(real, fake, names), class_kl(real, floor, names)
        score = classifier_score(by_set[1]), classifier_score(by_set[2])
        return self._entry("class_kl", *kl) | self._entry("classifier_score", *score) | self.conditional(fake, floor)

    def conditional(self, predicted: np.ndarray, predicted_floor: np.ndarray) -> Entries:
        """Accuracy and, with two images of each, distance by class, where the samples were drawn for given classes."""
        names, count, reference = self.classifier.config.classes, len(self.features), self.reference
        labels = read_labels(self.paths.reference, len(names))
        if labels is None or self.samples.labels is None:
            return {}
        of_real, of_floor, requested = (np.asarray(values[:count]) for values in (*labels, self.samples.labels))
        accuracy = class_accuracy(predicted, requested, names), class_accuracy(predicted_floor, of_floor, names)
        made = self._entry("class_accuracy", *accuracy)
        if any(np.bincount(x, minlength=len(names)).min() < 2 for x in (of_real, of_floor, requested)):
            return made  # too few images for a covariance of each class
        distance = (
            frechet_per_class(reference.real, of_real, self.features, requested, names),
            frechet_per_class(reference.real, of_real, reference.floor, of_floor, names),
        )
        return made | self._entry("fcd_per_class", *distance)

    def modes(self) -> Entries:
        """The number of modes and the divergence of their histogram from that of the training split, by its labels."""
        train = read_images(self.paths.splits, "train", MEND)
        if train.labels is None:
            return {}
        classes, reference = len(self.classifier.config.classes), self.reference
        real = channel_labels(np.asarray(train.labels), train.images.shape[1], classes)
        fake, floor = (self.classifier.channel_classes(x) for x in (self.features, reference.floor))
        line = f"{reference.protocol} modes={len(train)}"
        kl = mode_kl(real, fake, classes), mode_kl(real, floor, classes)
        made = self._entry("modes", mode_count(fake, classes), mode_count(floor, classes))
        made |= self._entry("modes_kl", *kl, line)
        labels = read_labels(self.paths.reference, classes ** train.images.shape[1])
        if labels is None or self.samples.labels is None:
            return made
        asked = np.asarray(self.samples.labels[: len(fake)]), np.asarray(labels[1][: len(floor)])
        hits, floor_hits = (joined_labels(x, classes) == y for x, y in zip((fake, floor), asked, strict=True))
        accuracy = share(int(hits.sum()), len(hits)), share(int(floor_hits.sum()), len(floor_hits))
        return made | self._entry("class_accuracy", *accuracy)

    def memory(self, views: Sequence[View]) -> Entries:
        """How close the samples are to training images, in features and in pixels, where there are others.

        They are compared with as many held-out images at most.
        """
        count = len(self.features)
        held_out = read_held_out(self.paths.splits).images[:count]
        if len(held_out) < 2:
            return {}
        train = read_images(self.paths.splits, "train", MEND).images
        made: Entries = {}
        for view in views:
            network, known = view.network, read_neighbours(self.paths.reference, view.network)
            if known.places.max() >= len(train) or len(known.held_out[:count]) != len(held_out):
                names = f"{network.name}.places.npy or {network.name}.held_out.npy"
                raise UserError(f"{self.paths.reference}: {names} is of other splits; run `dvc repro reference`")
            found = memorisation(view.features, known.held_out[:count], known.train, known.places)
            part = "" if len(known.train) == len(train) else f"-of-{len(train)}"
            line = f"n={count} train={len(known.train)}{part} held_out={len(held_out)} {self._splits()}"
            line = f"{network.name}:{network.sha256[:8]} resizer={network.resizer} {line}"
            made |= self._entry(MEMORISATION[network.name], found, INDIFFERENT, line)
        pixels = pixel_memorisation(self.samples.images[:count], held_out, train)
        line = f"pixels resizer=area-32 n={count} train={len(train)} held_out={len(held_out)} {self._splits()}"
        return made | self._entry("memorisation_pixels", pixels, INDIFFERENT, line)

    def critic(self) -> Entries:
        """What the discriminator makes of its training images beside as many others, where there are both."""
        held_out = read_held_out(self.paths.splits)
        if len(held_out) < 2 or not self.paths.discriminator.exists():
            return {}
        train = read_images(self.paths.splits, "train", MEND)
        count = min(len(train), len(held_out), CRITIC_IMAGES)
        parts = (Images(x.images[:count], None if x.labels is None else x.labels[:count]) for x in (train, held_out))
        logits = [found for part in parts if (found := critic_logits(self.paths.discriminator, part)) is not None]
        if not logits:  # the partner of this generator is no discriminator
            return {}
        return self._entry("critic_gap", critic_gap(*logits), INDIFFERENT, f"critic n={count} {self._splits()}")

    def out_of_range(self) -> Entries:
        """The share of values that rounding to bytes cut off, where the samples' manifest has it."""
        found = read_manifest(self.paths.samples, "run `dvc repro generate`").get("out_of_range")
        if found is None:
            return {}
        estimate = Estimate(found["value"], tuple(found["interval"]))
        return self._entry("out_of_range", estimate, 0.0, f"generator n={len(self.samples)}")

    def _splits(self) -> str:
        return f"splits:{read_manifest(self.paths.splits, MEND)['digest'][:8]}"

    def _entry(self, name: str, estimate: Estimate, floor: Estimate | float, protocol: str | None = None) -> Entries:
        line = protocol or self.reference.protocol
        return {name: entry(name, estimate, floor, len(self.features), line)}
