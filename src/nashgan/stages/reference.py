"""reference: real images in; their features, one file a feature network, out.

An experiment then pays for the features of its own samples only.
"""

from nashgan.data.store import read_images, write_manifest
from nashgan.evaluation.classifier import load_classifier
from nashgan.evaluation.inception import load_inception
from nashgan.evaluation.reference import compute_reference, draw_sets, write_reference
from nashgan.params import Params
from nashgan.paths import Paths


def run(paths: Paths, params: Params) -> None:
    """Draw two disjoint sets of up to `reference.images`; write their features by Inception and by the classifier."""
    split, count = params.reference.split, params.reference.images
    images = read_images(paths.splits, split).images
    real, floor = (images[index] for index in draw_sets(count, len(images), split))
    classifier = load_classifier(paths.classifier)
    classifier.check(real)
    inception = load_inception(paths.home, params.evaluate.inception_weights)
    protocols = {}
    for network in (classifier.network, inception):
        reference = compute_reference(network, real, floor, split)
        write_reference(paths.reference, reference)
        protocols[network.name] = reference.protocol
    write_manifest(paths.reference, {"split": split, "count": len(real), "protocols": protocols})
