"""reference: real images in; their features, one file a feature network, and their labels out.

An experiment then pays for the features of its own samples only.
"""

import numpy as np

from nashgan.data.held_out import read_held_out
from nashgan.features.classifier import load_classifier
from nashgan.features.inception import load_inception
from nashgan.params import Params
from nashgan.records.arrays import read_images, write_manifest
from nashgan.records.paths import Paths
from nashgan.records.reference import (
    Neighbours,
    compute_reference,
    draw_sets,
    write_labels,
    write_neighbours,
    write_reference,
)


def run(paths: Paths, params: Params) -> None:
    """Draw two disjoint sets of up to `reference.images`; write their features by Inception and by the classifier.

    The neighbours of samples are looked for among all training images by the classifier, and by Inception, which is
    slow, among as many as the two sets of the training split hold.
    """
    split, count = params.reference.split, params.reference.images
    data = read_images(paths.splits, split)
    train, held_out = read_images(paths.splits, "train").images, read_held_out(paths.splits).images
    sets = draw_sets(count, len(data), split)
    real, floor = (data.images[index] for index in sets)
    classifier = load_classifier(paths.classifier)
    classifier.check(real)
    inception = load_inception(paths.home, params.evaluate.inception_weights)
    networks = (classifier.network, inception)
    references = [compute_reference(network, real, floor, split) for network in networks]
    for reference in references:
        write_reference(paths.reference, reference)
    every = np.arange(len(train))
    of_all = Neighbours(classifier.network.features(train), classifier.network.features(held_out), every)
    write_neighbours(paths.reference, classifier.network.name, of_all)
    some = np.concatenate(draw_sets(count, len(train), "train"))
    known = references[1]
    of_train = np.concatenate([known.real, known.floor]) if split == "train" else inception.features(train[some])
    of_some = Neighbours(of_train, inception.features(held_out[:count]), some)
    write_neighbours(paths.reference, inception.name, of_some)
    write_labels(paths.reference, *(None if data.labels is None else data.labels[index] for index in sets))
    protocols = {reference.network: reference.protocol for reference in references}
    write_manifest(paths.reference, {"split": split, "count": len(real), "protocols": protocols})
