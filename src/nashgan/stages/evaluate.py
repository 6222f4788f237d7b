"""evaluate: samples and the features of real images in; metrics, each with its floor and its protocol, out."""

from importlib.metadata import version
from typing import Any

from nashgan.data.store import read_images
from nashgan.evaluation.classifier import load_classifier
from nashgan.evaluation.frechet import frechet_distance, normalised_frechet_distance
from nashgan.evaluation.inception import load_inception
from nashgan.evaluation.reference import read_reference
from nashgan.files import write_json, write_text
from nashgan.params import Params
from nashgan.paths import Paths
from nashgan.tracking.registry import log_evaluation


def run(paths: Paths, params: Params) -> None:
    """Measure the samples, write the metrics, and log them to the training's run."""
    result = measure(paths, params)
    write_json(paths.evaluation, result)
    _write_plot(paths, result["fid"])
    log_evaluation(paths)


def measure(paths: Paths, params: Params) -> dict[str, Any]:
    """Compare the samples with as many real images, and as many other real images with the same.

    Raises UserError where samples, classifier or reference are missing, broken or do not fit each other.
    """
    samples = read_images(paths.samples, "samples", "run `dvc repro generate`").images
    classifier = load_classifier(paths.classifier)
    classifier.check(samples)
    inception = load_inception(paths.home, params.evaluate.inception_weights)
    versions = ", ".join(f"{name} {version(name)}" for name in ("nashgan", "torch", "numpy", "scipy", "pytorch-fid"))
    metrics = (("fcd", classifier.network, normalised_frechet_distance), ("fid", inception, frechet_distance))
    references = {network.name: read_reference(paths.reference, network) for _, network, _ in metrics}
    result: dict[str, Any] = {}
    for name, network, distance in metrics:
        count = min(len(samples), len(references[network.name].real))
        reference = references[network.name].first(count)
        result[name] = {
            "value": distance(reference.real, network.features(samples[:count])),
            "floor": distance(reference.real, reference.floor),
            "samples": count,
            "protocol": reference.protocol,
            "versions": versions,
        }
    return result


def _write_plot(paths: Paths, fid: dict[str, Any]) -> None:
    """What `dvc plots` shows as bars: the samples beside real images."""
    rows = [("samples", fid["value"]), ("real images", fid["floor"])]
    write_text(paths.fid_plot, "images,fid\n" + "".join(f"{name},{value}\n" for name, value in rows))
