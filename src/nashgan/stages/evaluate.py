"""evaluate: samples and the features of real images in; metrics, each with interval, floor and protocol, out."""

from typing import Any

from nashgan.data.store import read_images
from nashgan.evaluation.classifier import load_classifier
from nashgan.evaluation.inception import load_inception
from nashgan.evaluation.judged import Judged
from nashgan.evaluation.reference import read_reference
from nashgan.evaluation.suite import measure_features
from nashgan.files import write_json, write_text
from nashgan.params import Params
from nashgan.paths import Paths
from nashgan.tracking.registry import log_evaluation

FIRST = ("fid", "fcd")  # before all others


def run(paths: Paths, params: Params) -> None:
    """Measure the samples, write the metrics, and log them to the training's run."""
    result = measure(paths, params)
    write_json(paths.evaluation, result)
    _write_plot(paths, result["fid"])
    log_evaluation(paths)


def measure(paths: Paths, params: Params) -> dict[str, dict[str, Any]]:
    """Compare the samples with as many real images, and as many other real images with the same.

    Raises UserError where samples, classifier or reference are missing, broken or do not fit each other.
    """
    samples = read_images(paths.samples, "samples", "run `dvc repro generate`")
    classifier = load_classifier(paths.classifier)
    classifier.check(samples.images)
    inception = load_inception(paths.home, params.evaluate.inception_weights)
    networks = (classifier.network, inception)
    references = [read_reference(paths.reference, network).first(len(samples)) for network in networks]
    features = [
        network.features(samples.images[: len(reference.real)])
        for network, reference in zip(networks, references, strict=True)
    ]
    judged = Judged(paths, classifier, references[0], features[0], samples)
    result: dict[str, dict[str, Any]] = {}
    for network, reference, fake in zip(networks, references, features, strict=True):
        result |= measure_features(network.name, reference.real, fake, reference.floor, reference.protocol)
    result |= judged.classes() | judged.memory() | judged.critic() | judged.generator(params.evaluate.seeds, result)
    return {name: result[name] for name in (*FIRST, *(name for name in result if name not in FIRST))}


def _write_plot(paths: Paths, fid: dict[str, Any]) -> None:
    """What `dvc plots` shows as bars: the samples beside real images."""
    rows = [("samples", fid["value"]), ("real images", fid["floor"])]
    write_text(paths.fid_plot, "images,fid\n" + "".join(f"{name},{value}\n" for name, value in rows))
