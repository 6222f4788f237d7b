"""What is wrong with the dataset in the workspace, from the records of the stages split, classifier and reference."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Int64

from nashgan.data_quality.balance import balance
from nashgan.data_quality.label_noise import label_noise
from nashgan.data_quality.near_duplicates import MOST, NEAR, NearDuplicates, near_duplicates
from nashgan.features.classifier import LoadedClassifier, load_classifier, read_classifier_config
from nashgan.records.names import SPLITS, SplitName
from nashgan.records.paths import Paths
from nashgan.records.record import mend
from nashgan.records.reference import STAGE, read_neighbours
from nashgan.records.splits import SplitsManifest, read_manifest, read_split
from nashgan.runtime.errors import UserError
from nashgan.spaces import SPACES, space_of

LISTED = 8  # pairs and labels that are named


@dataclass(frozen=True)
class Found:
    """What was found, in a sentence, and the first examples of it, a line each."""

    text: str
    examples: Sequence[str] = ()


Quality = dict[str, Found]  # by what was looked at
Place = tuple[SplitName, int]  # an index in a split


def measure(paths: Paths, device: torch.device) -> Quality:
    """Class balance, near-duplicates and doubtful labels of data/splits; where there can be none, the reason.

    Raises UserError where a record is missing or broken.
    """
    manifest = read_manifest(paths.splits)
    space = space_of(manifest.examples)
    quality = {"class balance": _balance(manifest)}
    if "inception" not in SPACES[space.name].networks or read_classifier_config(paths.classifier) is None:
        only = Found(f"not looked for: the {space.plural} have no features by a classifier")
        return quality | {"near-duplicates": only, "doubtful labels": only}
    classifier = load_classifier(paths.classifier, device)
    features = read_neighbours(paths.reference, classifier.network)
    held_out = [(name, index) for name in SPLITS[1:] for index in range(manifest.counts[name])]
    for name, rows, count in (
        ("train", features.train, manifest.counts["train"]),
        ("held_out", features.held_out, len(held_out)),
    ):
        if len(rows) != count:
            path = paths.reference / f"{classifier.network.name}.{name}.npy"
            raise UserError(f"{path}: features of {len(rows)} images, {paths.splits} has {count}; {mend(STAGE)}")
    outside = min(len(held_out), MOST // 2)
    looked_at = np.concatenate([features.held_out[:outside], features.train[: MOST - outside]])
    with device:
        near = near_duplicates(looked_at)
    places = [*held_out[:outside], *(("train", index) for index in range(len(looked_at) - outside))]
    return quality | {
        "near-duplicates": _near(near, places, space.plural),
        "doubtful labels": _labels(paths, manifest, classifier, np.array(features.held_out), held_out),
    }


def _balance(manifest: SplitsManifest) -> Found:
    histogram = manifest.splits["train"].histogram if "train" in manifest.splits else None
    if not histogram or not manifest.classes:
        return Found("the examples have no labels")
    return Found(balance(manifest.classes, histogram).text)


def _near(near: NearDuplicates, places: Sequence[Place], plural: str) -> Found:
    pairs = [(places[one], places[other]) for one, other in near.pairs]
    between = sum(one[0] != other[0] for one, other in pairs)
    limit = f"nearer than {NEAR:g} of the median distance from the nearest in the classifier's features"
    text = f"{len(pairs)} pairs among {near.looked_at:,} {plural} are {limit}; {between} of them in two splits"
    lines = [
        f"{_at(one)} and {_at(other)}: distance {distance:.3g}, the limit is {near.limit:.3g}"
        for (one, other), distance in zip(pairs, near.distances, strict=True)
    ]
    return Found(text, lines[:LISTED])


def _labels(
    paths: Paths,
    manifest: SplitsManifest,
    classifier: LoadedClassifier,
    held_out: Float32[np.ndarray, "n d"],
    places: Sequence[Place],
) -> Found:
    labels = _held_out_labels(paths)
    if classifier.config.task != "class" or labels is None or classifier.config.classes != manifest.classes:
        return Found("not looked for: the images have no labels that the classifier has learned")
    if not len(labels):
        return Found("not looked for: no images are held out, and the classifier has learned the labels of the others")
    noise, names = label_noise(classifier.probabilities(held_out), labels), classifier.config.classes
    low, high = noise.share.interval or (0.0, 1.0)
    text = (
        f"{len(noise.doubtful):,} of {len(labels):,} labels of validation and test split, {noise.share.value:.2%} "
        f"(95 % interval {low:.2%} to {high:.2%}), are contradicted by the classifier with confidence. It has learned "
        "the labels of the training split, so these are not looked at"
    )
    found = zip(noise.doubtful, noise.taken_for, noise.probability, strict=True)
    return Found(
        text,
        [
            f"{_at(places[index])} is labelled {names[labels[index]]!r}, taken for {names[taken]!r} ({sure:.1%})"
            for index, taken, sure in list(found)[:LISTED]
        ],
    )


def _held_out_labels(paths: Paths) -> Int64[np.ndarray, " n"] | None:
    """The labels of the validation and the test split, in this order; None where there are none."""
    parts = [read_split(paths.splits, name).labels for name in SPLITS[1:]]
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if len(known) == len(parts) else None


def _at(place: Place) -> str:
    return f"{place[0]} {place[1]}"
