"""The question "encode": how good the vectors of images are, measured on images that no training saw.

Every method has as many numbers an image as the latent vector. Principal components of the pixels are the baseline.
Methods are compared image by image.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Bool, UInt8

from nashgan.evaluation.anomaly import measure_anomalies
from nashgan.evaluation.answer import Answer
from nashgan.evaluation.encode_pictures import draw
from nashgan.evaluation.feature_metrics import Metrics, measured
from nashgan.evaluation.params import EvaluateParams
from nashgan.evaluation.representations import Components, Represent, Representation, error
from nashgan.features.classifier import LoadedClassifier, load_classifier
from nashgan.features.discriminator_features import load_discriminator_features
from nashgan.metrics.interval import Estimate, share
from nashgan.metrics.paired import mcnemar
from nashgan.metrics.restoration import decibels
from nashgan.models.encoder import Codec, load_codec
from nashgan.records import splits
from nashgan.records.evaluation import Baseline, Metric
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError

DISCRIMINATOR = "D’s features"
TOLD = "the classifier, told all labels"
HALF = 0.5  # whitening of D’s features, chosen on validation images; components of pixels are worse with it
EXACT = 1e-10  # a smaller mean squared error of an image counts as this


@dataclass(frozen=True)
class EncodeSets:
    """What is compared: the encoder, principal components, training images and held-out ones."""

    paths: Paths
    codec: Codec
    classifier: LoadedClassifier
    components: Components
    train: Examples
    held_out: Examples
    protocol: str

    @property
    def images(self) -> UInt8[np.ndarray, "n c h w"]:
        """The held-out images."""
        return np.asarray(self.held_out.values)

    @property
    def rival(self) -> str:
        """The name of the baseline."""
        return f"{self.components.count} principal components"

    @cached_property
    def made(self) -> UInt8[np.ndarray, "n c h w"]:
        """What the generator draws for the vectors of the held-out images."""
        return self.codec.decode(self.codec.encode(self.images))

    @cached_property
    def representations(self) -> list[Representation]:
        """By the encoder, by principal components, and by the discriminator where there is one."""
        ways: dict[str, Represent] = {"vectors": self.codec.encode, self.rival: self.components}
        of_d = load_discriminator_features(self.paths.discriminator, self.codec.generator.device)
        if of_d is not None:
            values = np.asarray(self.train.values)
            ways[DISCRIMINATOR] = Components(values, self.codec.latent, of_d, HALF)
        return [Representation.of(name, way, self.train, self.held_out) for name, way in ways.items()]


def ask(paths: Paths, evaluate: EvaluateParams, device: torch.device) -> Answer | None:
    """The metrics of a generator that has an encoder; None of any other.

    Raises UserError where a file is missing or broken, or the examples are of another kind than those trained on.
    """
    codec = load_codec(paths.generator, device)
    if codec is None:
        return None
    manifest = splits.read_manifest(paths.splits)
    if manifest.held_out == "train":  # there is nothing that no training saw
        return None
    if manifest.examples != codec.generator.config.examples:
        raise UserError(
            f"{paths.splits}: not the kind of examples that {paths.generator} was trained on; run `dvc repro train`"
        )
    train, held_out = splits.read_split(paths.splits, "train"), splits.read_split(paths.splits, manifest.held_out)
    components = Components(np.asarray(train.values), codec.latent)
    line = f"n={len(held_out)} {manifest.held_out}:{manifest.digest[:8]} of {len(train)}"
    sets = EncodeSets(paths, codec, load_classifier(paths.classifier, device), components, train, held_out, line)
    metrics = measure_reconstruction(sets)
    if held_out.labels is not None:
        metrics |= measure_meaning(sets)
    unseen = splits.read_unseen(paths.splits)
    if unseen is not None:
        metrics |= measure_anomalies(paths, codec, components, held_out, unseen, line)
    return Answer(metrics, draw(sets.codec, train, held_out, manifest.classes))


def measure_reconstruction(sets: EncodeSets) -> Metrics:
    """How near an image is to its reconstruction, and whether the classifier gives both one class."""
    real, of_rival = sets.images, sets.components.reconstructed(sets.images)
    read = [sets.classifier.predict(images).argmax(axis=1) for images in (real, sets.made, of_rival)]
    baseline = decibels(error(real, of_rival), EXACT)
    near = measured(decibels(error(real, sets.made), EXACT), None, len(real), f"psnr {sets.protocol}")
    near = near.model_copy(update={"baseline": _beside(sets.rival, baseline)})
    near_alone = {"reconstruction": near}
    if len(read[0]) != len(real):  # the classifier looks at each channel by itself
        return near_alone
    line = f"{sets.classifier.network.tag} {sets.protocol}"
    agreement = compared({"vectors": read[1] == read[0], sets.rival: read[2] == read[0]}, line)
    return near_alone | {"reconstruction_agreement": agreement}


def measure_meaning(sets: EncodeSets) -> Metrics:
    """Whether a linear probe, or the nearest training image, names the class; of each method."""
    found = {one.name: one for one in sets.representations}
    told = {}
    if sets.classifier.config.task == "class":
        told[TOLD] = sets.classifier.predict(sets.images).argmax(axis=1) == np.asarray(sets.held_out.labels)
    line = f"d={sets.codec.latent} {sets.protocol}"
    probed = {name: one.probed for name, one in found.items()} | told
    nearest = {name: one.nearest for name, one in found.items()} | told
    return {
        "probe_accuracy": compared(probed, f"logistic regression {line}"),
        "neighbour_accuracy": compared(nearest, f"1-nn euclidean {line}"),
    }


def compared(right: Mapping[str, Bool[np.ndarray, " n"]], protocol: str) -> Metric:
    """The share of images on which each method is right. The first is ours, the second the baseline.

    Each other method is compared with the baseline by the p-value of McNemar's exact test.
    """
    (_, ours), (rival, theirs), *others = right.items()
    count = len(ours)
    return measured(share(int(ours.sum()), count), None, count, protocol).model_copy(
        update={
            "baseline": _beside(rival, share(int(theirs.sum()), count)),
            "beside": [_beside(name, share(int(other.sum()), count)) for name, other in others],
            "p_value": mcnemar(ours, theirs),
            "p_values": {name: mcnemar(other, theirs) for name, other in others},
        }
    )


def _beside(name: str, estimate: Estimate) -> Baseline:
    return Baseline(name=name, value=estimate.value, interval=estimate.interval)
