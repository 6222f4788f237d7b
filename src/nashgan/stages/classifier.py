"""Stage `classifier`: all splits in; the small network whose features serve `fcd` out, and how often it is right."""

import sys

import numpy as np
import torch

from nashgan.data.source import channel_labels
from nashgan.features.classifier import Classifier, Task, save_classifier
from nashgan.features.classifier_training import ROTATIONS, right_answers, train_to_convergence
from nashgan.metrics.interval import Estimate, mean, share
from nashgan.params import Params
from nashgan.records.examples import Examples
from nashgan.records.names import SPLITS
from nashgan.records.paths import Paths
from nashgan.records.splits import read_manifest, read_split
from nashgan.runtime.device import pick_device
from nashgan.runtime.files import write_text
from nashgan.runtime.progress import note
from nashgan.spaces import SPACES, space_of
from nashgan.spaces.space_with_images import SpaceWithImages


def run(paths: Paths, params: Params) -> None:
    """Train on the train split, save, and note the accuracy on the validation and on the test split."""
    manifest, device = read_manifest(paths.splits), pick_device(params.compute).torch
    if "classifier" not in SPACES[manifest.examples.space].networks:
        note(f"classifier: nothing to do: no classifier looks at {manifest.examples.space}")
        write_text(paths.classifier / "none.txt", f"No classifier looks at {manifest.examples.space}.\n")
        return
    names = manifest.classes or []
    channel_names: list[str] = manifest.source.get("channel_classes") or []
    splits = [read_split(paths.splits, name) for name in SPLITS]
    space = space_of(manifest.examples)
    if not isinstance(space, SpaceWithImages):
        raise TypeError(f"{space.name} names the classifier as its network, and has no images")
    splits, each = [images_of(data, space) for data in splits], space.images_each
    task: Task = "class"
    if channel_names:
        task, classes, each = "channel", channel_names, each * space.of_image.channels
        splits = [channel_images(data, len(classes)) for data in splits]
    elif splits[0].labels is not None and len(names) > 1:
        classes = names
    else:
        task, classes = "rotation", ROTATIONS
        splits = [Examples(data.values) for data in splits]
    train_split, validation, test = splits
    if not len(validation):
        print(
            f"classifier: no validation images to stop by: all {params.classifier.images:,} images of the budget are "
            "used (params.yaml: classifier.images)",
            file=sys.stderr,
        )
    module, images, converged = train_to_convergence(train_split, validation, classes, params.classifier, device, each)
    on_validation, on_test = (accuracy(module, data, device, each) for data in (validation, test))
    saved = save_classifier(
        paths.classifier,
        module,
        task,
        classes,
        space.of_image,
        images,
        on_validation.value if on_validation else None,
        converged=converged,
        test=(on_test.value, on_test.interval) if on_test else None,
    )
    if saved.doubt or saved.converged is False:
        print(f"classifier: {saved.described}", file=sys.stderr)


def images_of(data: Examples, space: SpaceWithImages) -> Examples:
    """Every image that the examples consist of, with its example's class as label."""
    labels = None if data.labels is None else np.repeat(data.labels, space.images_each)
    return Examples(space.all_images(data.values), labels)


def channel_images(data: Examples, classes: int) -> Examples:
    """Each channel as a grey image, with its own class as label."""
    _, channels, height, width = data.values.shape
    labels = None if data.labels is None else channel_labels(data.labels, channels, classes).flatten()
    return Examples(data.values.reshape(-1, 1, height, width), labels)


def accuracy(module: Classifier, data: Examples, device: torch.device, each: int = 1) -> Estimate | None:
    """The share of right answers with its interval; None without images. An example has `each` images.

    Wilson's interval is for independent answers. The answers to the images of one example, or to the quarter turns of
    one image, are not independent. For them the interval is that of the mean over examples; a single
    example has none.
    """
    if not len(data):
        return None
    right = right_answers(module, data, device).reshape(-1, each).mean(axis=1)
    if each == 1 and data.labels is not None:
        return share(int(right.sum()), len(right))
    return mean(right, 0, 1)
