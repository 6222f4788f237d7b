"""Stage `reference`: real examples in; their features, one file a feature network, and their labels out.

An experiment then pays for the features of its own samples only.
"""

import sys

import numpy as np

from nashgan.features.classifier import load_classifier
from nashgan.features.inception import load_inception
from nashgan.features.reference import compute_reference, draw_sets
from nashgan.params import Params
from nashgan.records.paths import Paths
from nashgan.records.reference import (
    Neighbours,
    ReferenceManifest,
    write_neighbours,
    write_reference,
    write_reference_labels,
    write_reference_manifest,
    write_reference_sets,
)
from nashgan.records.splits import read_held_out, read_manifest, read_split
from nashgan.runtime.device import pick_device
from nashgan.spaces import SPACES


def run(paths: Paths, params: Params) -> None:
    """Draw two disjoint sets of up to `reference.images`; write their features by Inception and by the classifier.

    The neighbours of samples are looked for among all training examples by the classifier, and by Inception, which is
    slow, among as many as the two sets of the training split hold.
    """
    split, count = params.reference.split, params.reference.images
    data = read_split(paths.splits, split)
    space = read_manifest(paths.splits).examples.space
    if "inception" not in SPACES[space].networks:
        print(f"reference: no features: examples of the space {space} are compared themselves", file=sys.stderr)
        real, floor = (data.values[index] for index in draw_sets(count, len(data), split))
        write_reference_sets(paths.reference, real, floor)
        write_reference_manifest(paths.reference, ReferenceManifest(split=split, count=len(real), protocols={}))
        return
    train, held_out = read_split(paths.splits, "train").values, read_held_out(paths.splits).values
    sets = draw_sets(count, len(data), split)
    real, floor = (data.values[index] for index in sets)
    device = pick_device(params.compute).torch
    classifier = load_classifier(paths.classifier, device)
    classifier.check(real)
    inception = load_inception(paths.home, params.evaluate.inception_weights, device)
    references = [compute_reference(network, real, floor, split) for network in (classifier.network, inception)]
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
    write_reference_labels(paths.reference, *(None if data.labels is None else data.labels[index] for index in sets))
    protocols = {reference.network: reference.protocol for reference in references}
    write_reference_manifest(paths.reference, ReferenceManifest(split=split, count=len(real), protocols=protocols))
