"""Stage `reference`: real examples in; their features, one file a feature network, and their labels out.

An experiment then pays for the features of its own samples only.
"""

import numpy as np
import torch

from nashgan.features.classifier import load_classifier
from nashgan.features.inception import load_inception
from nashgan.features.network import load_networks
from nashgan.features.reference import compute_reference, draw_real_and_floor, draw_sets
from nashgan.params import Params
from nashgan.records.computed import divided
from nashgan.records.examples import Examples
from nashgan.records.names import SPLITS
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
from nashgan.runtime.progress import note
from nashgan.spaces import SPACES, space_of
from nashgan.stages.data_checks import check_reference


def run(paths: Paths, params: Params) -> None:
    """Draw two sets of up to `reference.images`; write their features by each network.

    What samples are compared with comes from `reference.split`, the floor from the training split. Raises UserError
    where the dataset has not the images that the protocol of `reference.protocol` names.

    The neighbours of samples are looked for among all training examples by the classifier, and by the other networks,
    which are slow, among as many as the two sets of the training split hold.
    """
    split, count = params.reference.split, params.reference.images
    manifest = read_manifest(paths.splits)
    check_reference(params, manifest.source["name"], manifest.counts)
    train = read_split(paths.splits, "train")
    real, floor = draw_real_and_floor(count, train, read_split(paths.splits, split), split)
    space = space_of(manifest.examples)
    if "inception" not in SPACES[space.name].networks:
        note(f"reference: nothing to compute: {space.plural} are compared themselves")
        write_reference_sets(paths.reference, real.values, floor.values)
        write_reference_manifest(paths.reference, ReferenceManifest(split=split, count=len(real)))
        return
    device = pick_device(params.compute).torch
    with divided(params.compute, paths.scratch):
        _write_features(paths, params, device, train, real, floor)
    write_reference_labels(paths.reference, real.labels, floor.labels)
    write_reference_manifest(paths.reference, ReferenceManifest(split=split, count=len(real)))


def _write_features(
    paths: Paths, params: Params, device: torch.device, train: Examples, real: Examples, floor: Examples
) -> None:
    """Write the features of the two sets, and those among which the neighbours of samples are looked for."""
    split, count, preset = params.reference.split, params.reference.images, params.reference.protocol
    classifier = load_classifier(paths.classifier, device)
    classifier.check(real.values)
    slow = [
        load_inception(paths.home, params.evaluate.inception_weights, device, params.evaluate.resizer),
        *load_networks(paths.home, params.evaluate.weights, device),
    ]
    references = [
        compute_reference(network, real.values, floor.values, split, count is None, preset)
        for network in (classifier.network, *slow)
    ]
    for reference in references:
        write_reference(paths.reference, reference)
    every = np.arange(len(train))
    held_out = [classifier.network.features(read_split(paths.splits, name).values) for name in SPLITS[1:]]
    of_all = Neighbours(classifier.network.features(train.values), np.concatenate(held_out), every)
    write_neighbours(paths.reference, classifier.network.name, of_all)
    whole = count is None and split == "train"
    some = every if whole else np.concatenate(draw_sets(len(real), len(train), "train"))
    unseen = read_held_out(paths.splits, count).values
    for network, known in zip(slow, references[1:], strict=True):
        sets = np.concatenate([known.real, known.floor]) if split == "train" else network.features(train.values[some])
        write_neighbours(paths.reference, network.name, Neighbours(sets, network.features(unseen), some))
