"""The metrics that take more than two sets of features: labels, training images, the discriminator, the generator."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32

from nashgan.data.store import Images, read_images, read_manifest
from nashgan.evaluation.class_conditional import class_accuracy, frechet_per_class
from nashgan.evaluation.class_histogram import class_kl, classifier_score
from nashgan.evaluation.classifier import LoadedClassifier
from nashgan.evaluation.critic import critic_gap, critic_logits
from nashgan.evaluation.estimate import Estimate
from nashgan.evaluation.frechet import normalised_frechet_distance
from nashgan.evaluation.held_out import MEND, read_held_out
from nashgan.evaluation.memorisation import memorisation, pixel_memorisation
from nashgan.evaluation.reference import Reference, read_labels, read_unseen
from nashgan.evaluation.suite import entry, frechet_estimate
from nashgan.models.bundle import load_generator
from nashgan.paths import Paths
from nashgan.training.device import pick_device

CRITIC_IMAGES = 10_000  # of each set, at most
INDIFFERENT = 0.5  # how often one of two unseen real images is the closer one

Entries = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Judged:
    """Samples as the classifier sees them, in the workspace they were made in."""

    paths: Paths
    classifier: LoadedClassifier
    reference: Reference  # of as many images as there are features
    features: Float32[np.ndarray, "n d"]  # of the samples
    samples: Images

    def classes(self) -> Entries:
        """Histogram of classes and classifier score, where the classifier knows classes, and `conditional`."""
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
        labels = read_labels(self.paths.reference)
        if labels is None or self.samples.labels is None:
            return {}
        names, count, reference = self.classifier.config.classes, len(self.features), self.reference
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

    def memory(self) -> Entries:
        """How close the samples are to the training images, in features and in pixels, where there are others."""
        unseen, held_out = read_unseen(self.paths.reference), read_held_out(self.paths.splits)
        if len(held_out) < 2:
            return {}
        train = read_images(self.paths.splits, "train", MEND).images
        line = f"n={len(self.features)} train={len(train)} held_out={len(held_out)} {self._splits()}"
        network = self.classifier.network
        features = memorisation(self.features, unseen.held_out, unseen.train)
        pixels = pixel_memorisation(self.samples.images[: len(self.features)], held_out.images, train)
        by_features = f"{network.name}:{network.sha256[:8]} resizer={network.resizer} {line}"
        return self._entry("memorisation", features, INDIFFERENT, by_features) | self._entry(
            "memorisation_pixels", pixels, INDIFFERENT, f"pixels resizer=area-32 {line}"
        )

    def critic(self) -> Entries:
        """What the discriminator makes of its training images beside as many others, where there are both."""
        held_out = read_held_out(self.paths.splits)
        if len(held_out) < 2 or not (self.paths.discriminator / "config.json").exists():
            return {}
        train = read_images(self.paths.splits, "train", MEND)
        count = min(len(train), len(held_out), CRITIC_IMAGES)
        parts = (Images(x.images[:count], None if x.labels is None else x.labels[:count]) for x in (train, held_out))
        logits = [found for part in parts if (found := critic_logits(self.paths.discriminator, part)) is not None]
        if not logits:  # the partner of this generator is no discriminator
            return {}
        return self._entry("critic_gap", critic_gap(*logits), INDIFFERENT, f"critic n={count} {self._splits()}")

    def generator(self, seeds: int, entries: Entries) -> Entries:
        """What more samples tell: fcd of the generator that was not averaged, and of other seeds, beside fcd."""
        if not (self.paths.generator / "config.json").exists():
            return {}
        manifest, device = read_manifest(self.paths.samples, "run `dvc repro generate`"), pick_device().torch
        averaged, raw = (load_generator(self.paths.generator, weights, device) for weights in ("weights", "raw"))
        count, real = len(self.features), self.reference.real
        distances = []
        for seed in range(manifest["seed"] + 1, manifest["seed"] + 1 + seeds):
            other = self.classifier.network.features(averaged.sample(seed, count))
            distances.append(normalised_frechet_distance(real, other))
        made: Entries = {"fcd": entries["fcd"] | {"other_seeds": distances}} if seeds else {}
        if raw.fingerprint != averaged.fingerprint:
            features = self.classifier.network.features(raw.sample(manifest["seed"], count))
            floor = entries["fcd"]["floor"]
            made |= self._entry("fcd_raw", frechet_estimate(real, features, normalised=True), floor)
        if "out_of_range" in manifest:
            share = Estimate(float(manifest["out_of_range"]), None)
            made |= self._entry("out_of_range", share, 0.0, f"generator n={len(self.samples)}")
        return made

    def _splits(self) -> str:
        return f"splits:{read_manifest(self.paths.splits, MEND)['digest'][:8]}"

    def _entry(self, name: str, estimate: Estimate, floor: Estimate | float, protocol: str | None = None) -> Entries:
        line = protocol or self.reference.protocol
        return {name: entry(name, estimate, floor, len(self.features), line)}
