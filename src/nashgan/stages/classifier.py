"""classifier: train and validation split in; the small network whose features serve `fcd` out."""

import numpy as np

from nashgan.data.held_out import read_split
from nashgan.data.source import channel_labels
from nashgan.features.classifier import Classifier, predict, save_classifier
from nashgan.features.classifier_training import ROTATIONS, train_classifier, turn
from nashgan.params import Params
from nashgan.records.arrays import Images, read_images, read_manifest
from nashgan.records.paths import Paths
from nashgan.spaces.image import ImageShape

MEND = "run `dvc repro split`"


def run(paths: Paths, params: Params) -> None:
    """Train on the train split, save, and note the accuracy on the validation split."""
    manifest = read_manifest(paths.splits, MEND)
    names: list[str] = manifest.get("classes") or []
    channel_names: list[str] = manifest.get("source", {}).get("channel_classes") or []
    train, validation = read_images(paths.splits, "train", MEND), read_split(paths.splits, "validation")
    image = ImageShape(channels=train.images.shape[1], size=train.images.shape[2])
    if channel_names:
        task, classes = "channel", channel_names
        train, validation = (channel_images(data, len(classes)) for data in (train, validation))
    elif train.labels is not None and len(names) > 1:
        task, classes = "class", names
    else:
        task, classes = "rotation", ROTATIONS
        train, validation = Images(train.images), Images(validation.images)
    module = train_classifier(train, classes, params.classifier)
    share = accuracy(module, validation)
    save_classifier(paths.classifier, module, task, classes, image, params.classifier.images, share)


def channel_images(data: Images, classes: int) -> Images:
    """Each channel as a grey image, with its own class as label."""
    _, channels, height, width = data.images.shape
    labels = None if data.labels is None else channel_labels(data.labels, channels, classes).flatten()
    return Images(data.images.reshape(-1, 1, height, width), labels)


def accuracy(module: Classifier, data: Images) -> float | None:
    """The share of right answers, to the quarter turns of each image where there are no labels; None without images."""
    if not len(data):
        return None
    images, labels = np.asarray(data.images), data.labels
    if labels is None:
        labels = np.repeat(np.arange(4), len(images))
        images = turn(np.concatenate([images] * 4), labels)
    return float((predict(module, images).argmax(axis=1) == labels).mean())
