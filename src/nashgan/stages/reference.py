"""reference: real images in; their features, one file a feature network, and their labels out.

An experiment then pays for the features of its own samples only.
"""

from nashgan.data.store import read_images, write_manifest
from nashgan.evaluation.classifier import load_classifier
from nashgan.evaluation.held_out import read_held_out
from nashgan.evaluation.inception import load_inception
from nashgan.evaluation.reference import (
    Unseen,
    compute_reference,
    draw_sets,
    write_labels,
    write_reference,
    write_unseen,
)
from nashgan.params import Params
from nashgan.paths import Paths


def run(paths: Paths, params: Params) -> None:
    """Draw two disjoint sets of up to `reference.images`; write their features by Inception and by the classifier.

    Of all training and all held-out images the classifier's features alone: the neighbours of samples are among them.
    """
    split, count = params.reference.split, params.reference.images
    data = read_images(paths.splits, split)
    sets = draw_sets(count, len(data), split)
    real, floor = (data.images[index] for index in sets)
    classifier = load_classifier(paths.classifier)
    classifier.check(real)
    inception = load_inception(paths.home, params.evaluate.inception_weights)
    protocols = {}
    for network in (classifier.network, inception):
        reference = compute_reference(network, real, floor, split)
        write_reference(paths.reference, reference)
        protocols[network.name] = reference.protocol
    images = (read_images(paths.splits, "train").images, read_held_out(paths.splits).images)
    write_unseen(paths.reference, Unseen(*map(classifier.network.features, images)))
    write_labels(paths.reference, *(None if data.labels is None else data.labels[index] for index in sets))
    write_manifest(paths.reference, {"split": split, "count": len(real), "protocols": protocols})
