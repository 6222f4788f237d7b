"""classifier: train and validation split in; the small network whose features serve `fcd` out."""

import numpy as np

from nashgan.data.store import Images, read_images, read_manifest
from nashgan.evaluation.classifier import Classifier, predict, save_classifier
from nashgan.evaluation.classifier_training import ROTATIONS, train_classifier, turn
from nashgan.evaluation.held_out import read_split
from nashgan.models.shape import ImageShape
from nashgan.params import Params
from nashgan.paths import Paths

MEND = "run `dvc repro split`"


def run(paths: Paths, params: Params) -> None:
    """Train on the train split, save, and note the accuracy on the validation split."""
    names: list[str] = read_manifest(paths.splits, MEND).get("classes") or []
    train, validation = read_images(paths.splits, "train", MEND), read_split(paths.splits, "validation")
    labelled = train.labels is not None and len(names) > 1
    task, classes = ("class", names) if labelled else ("rotation", ROTATIONS)
    train, validation = (data if labelled else Images(data.images) for data in (train, validation))
    module = train_classifier(train, classes, params.classifier)
    share = accuracy(module, validation)
    image = ImageShape(channels=train.images.shape[1], size=train.images.shape[2])
    save_classifier(paths.classifier, module, task, classes, image, params.classifier.images, share)


def accuracy(module: Classifier, data: Images) -> float | None:
    """The share of right answers, to the quarter turns of each image where there are no labels; None without images."""
    if not len(data):
        return None
    images, labels = np.asarray(data.images), data.labels
    if labels is None:
        labels = np.repeat(np.arange(4), len(images))
        images = turn(np.concatenate([images] * 4), labels)
    return float((predict(module, images).argmax(axis=1) == labels).mean())
