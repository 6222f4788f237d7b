"""Stage `classifier`: train and validation split in; the small network whose features serve `fcd` out."""

import sys

import numpy as np
import torch

from nashgan.data.source import channel_labels
from nashgan.features.classifier import Classifier, predict, save_classifier
from nashgan.features.classifier_training import ROTATIONS, train_classifier, turn
from nashgan.params import Params
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.records.splits import read_manifest, read_split
from nashgan.runtime.device import pick_device
from nashgan.runtime.files import write_text
from nashgan.spaces import SPACES, space_of
from nashgan.spaces.space_with_images import SpaceWithImages


def run(paths: Paths, params: Params) -> None:
    """Train on the train split, save, and note the accuracy on the validation split."""
    manifest, device = read_manifest(paths.splits), pick_device(params.compute).torch
    if "classifier" not in SPACES[manifest.examples.space].networks:
        print(f"classifier: nothing to do: no classifier looks at {manifest.examples.space}", file=sys.stderr)
        write_text(paths.classifier / "none.txt", f"No classifier looks at {manifest.examples.space}.\n")
        return
    names = manifest.classes or []
    channel_names: list[str] = manifest.source.get("channel_classes") or []
    train, validation = (read_split(paths.splits, name) for name in ("train", "validation"))
    space = space_of(manifest.examples)
    if not isinstance(space, SpaceWithImages):
        raise TypeError(f"{space.name} names the classifier as its network, and has no images")
    train, validation = images_of(train, space), images_of(validation, space)
    if channel_names:
        task, classes = "channel", channel_names
        train, validation = (channel_images(data, len(classes)) for data in (train, validation))
    elif train.labels is not None and len(names) > 1:
        task, classes = "class", names
    else:
        task, classes = "rotation", ROTATIONS
        train, validation = Examples(train.values), Examples(validation.values)
    module = train_classifier(train, classes, params.classifier, device)
    share = accuracy(module, validation, device)
    save_classifier(paths.classifier, module, task, classes, space.of_image, params.classifier.images, share)


def images_of(data: Examples, space: SpaceWithImages) -> Examples:
    """Every image that the examples consist of, with its example's class as label."""
    labels = None if data.labels is None else np.repeat(data.labels, space.images_each)
    return Examples(space.all_images(data.values), labels)


def channel_images(data: Examples, classes: int) -> Examples:
    """Each channel as a grey image, with its own class as label."""
    _, channels, height, width = data.values.shape
    labels = None if data.labels is None else channel_labels(data.labels, channels, classes).flatten()
    return Examples(data.values.reshape(-1, 1, height, width), labels)


def accuracy(module: Classifier, data: Examples, device: torch.device) -> float | None:
    """The share of right answers, to the quarter turns of each image where there are no labels; None without images."""
    if not len(data):
        return None
    images, labels = np.asarray(data.values), data.labels
    if labels is None:
        labels = np.repeat(np.arange(4), len(images))
        images = turn(np.concatenate([images] * 4), labels)
    return float((predict(module, images, device).argmax(axis=1) == labels).mean())
