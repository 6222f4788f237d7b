"""evaluate: samples and the features of real images in; metrics, each with interval, floor and protocol, out."""

from typing import Any

import numpy as np

from nashgan.evaluation.held_out_floor import add_held_out_floors
from nashgan.evaluation.other_samples import measure_again
from nashgan.evaluation.sample_metrics import Entries, Judged, View
from nashgan.features.classifier import load_classifier
from nashgan.features.inception import load_inception
from nashgan.params import Params
from nashgan.records.arrays import read_images
from nashgan.records.paths import Paths
from nashgan.records.reference import read_reference
from nashgan.runtime.files import write_json, write_text
from nashgan.spaces.grid import image_grid, save_png
from nashgan.tracking.model_versions import log_evaluation
from nashgan.tracking.run_from_files import read_record

FIRST = ("fid", "fcd")  # before all others


def run(paths: Paths, params: Params) -> None:
    """Measure the samples, write the metrics, and log them to the training's run."""
    read_record(paths)  # where the run is not known, before the work
    result = measure(paths, params)
    write_json(paths.evaluation, result)
    _write_plot(paths, result["fid"])
    write_nearest(paths, result)
    log_evaluation(paths)


def measure(paths: Paths, params: Params) -> Entries:
    """Compare the samples with as many real images, and as many other real images with the same.

    Raises UserError where samples, classifier or reference are missing, broken or do not fit each other.
    """
    samples = read_images(paths.samples, "samples", "run `dvc repro generate`")
    classifier = load_classifier(paths.classifier)
    classifier.check(samples.images)
    views = []
    for network in (classifier.network, load_inception(paths.home, params.evaluate.inception_weights)):
        reference = read_reference(paths.reference, network).first(len(samples))
        views.append(View(network, reference, network.features(samples.images[: len(reference.real)])))
    by_classifier = views[0]
    judged = Judged(paths, classifier, by_classifier.reference, by_classifier.features, samples)
    result: Entries = {}
    for view in views:
        result |= view.distances(samples.images[: len(view.features)])
    result |= judged.classes() | judged.memory(views) | judged.critic() | judged.out_of_range()
    again = views if params.evaluate.inception_again else [by_classifier]
    result = measure_again(judged, again, params.evaluate.seeds, result)
    result = add_held_out_floors(paths, views, result)
    return {name: result[name] for name in (*FIRST, *(name for name in result if name not in FIRST))}


def _write_plot(paths: Paths, fid: dict[str, Any]) -> None:
    """What `dvc plots` shows as bars: the samples beside real images."""
    rows = [("samples", fid["value"]), ("real images", fid["floor"])]
    write_text(paths.fid_plot, "images,fid\n" + "".join(f"{name},{value}\n" for name, value in rows))


def write_nearest(paths: Paths, result: Entries) -> None:
    """A picture for each metric of memory: the samples closest to training images, above these."""
    samples, train = read_images(paths.samples, "samples").images, read_images(paths.splits, "train").images
    paths.nearest.mkdir(parents=True, exist_ok=True)
    for stale in paths.nearest.glob("*.png"):
        stale.unlink()
    for name, metric in result.items():
        if pairs := metric.get("pairs"):
            rows = [samples[[pair["sample"] for pair in pairs]], train[[pair["train"] for pair in pairs]]]
            save_png(paths.nearest / f"{name}.png", image_grid(np.concatenate(rows), len(pairs)))
