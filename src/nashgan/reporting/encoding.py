"""What the section on vectors shows: the table of methods, the paired tests, and the pictures by name."""

from dataclasses import dataclass

from nashgan.records.pictures import Picture
from nashgan.reporting.inputs import Inputs
from nashgan.reporting.questions import OURS, Methods, methods

METRICS = ("reconstruction", "reconstruction_agreement", "probe_accuracy", "neighbour_accuracy", "anomaly_auroc")
PICTURES = {
    "reconstructions": "Unseen images, each above what the generator draws for its vector",
    "neighbours": "An unseen image on the left, and beside it the training images with the nearest vectors",
    "arithmetic": "Mean vectors of images of 7, of 1 and of 4, and on the right 7 - 1 + 4",
    "walk": "Unseen images at both ends, and what the generator draws on the line between their vectors",
}


@dataclass(frozen=True)
class PairedTest:
    """A method against the baseline, image by image."""

    metric: str
    method: str
    p_value: float


@dataclass(frozen=True)
class Encoding:
    """Everything that the section shows."""

    table: Methods
    tests: list[PairedTest]
    baseline: str
    pictures: dict[str, tuple[str, Picture]]  # by name: the caption and the picture


def encoding(inputs: Inputs) -> Encoding | None:
    """What the section shows; None where the training had no encoder."""
    first = inputs.evaluation.get("reconstruction")
    if first is None or first.baseline is None:
        return None
    tests = []
    for name in METRICS:
        metric = inputs.evaluation.get(name)
        if metric is None or metric.p_value is None:
            continue
        found = {OURS: metric.p_value, **metric.p_values}
        tests += [PairedTest(name, method, value) for method, value in found.items() if value is not None]
    pictures = {
        name: (caption, inputs.questions[f"encode-{name}"])
        for name, caption in PICTURES.items()
        if f"encode-{name}" in inputs.questions
    }
    return Encoding(methods(inputs.evaluation, METRICS), tests, first.baseline.name, pictures)
