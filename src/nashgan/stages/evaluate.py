"""Stage `evaluate`: samples and the features of real examples in; metrics with interval, floor and protocol out."""

import numpy as np

from nashgan.evaluation.feature_metrics import Metrics
from nashgan.evaluation.held_out_floor import add_held_out_floors
from nashgan.evaluation.other_samples import measure_other_samples
from nashgan.evaluation.plots import class_rows, score_rows
from nashgan.evaluation.sample_metrics import SampleMetrics
from nashgan.evaluation.view import View
from nashgan.features.classifier import load_classifier
from nashgan.features.inception import load_inception
from nashgan.params import Params
from nashgan.records.evaluation import Evaluation, write_evaluation
from nashgan.records.metrics import write_metrics
from nashgan.records.paths import Paths
from nashgan.records.plots import write_plot
from nashgan.records.reference import read_reference
from nashgan.records.samples import read_samples
from nashgan.records.splits import read_manifest, read_split
from nashgan.records.train_run import read_train_run
from nashgan.runtime.device import pick_device
from nashgan.spaces import space_of
from nashgan.spaces.grid import save_png
from nashgan.tracking.run_results import log_evaluation

FIRST = ("fid", "fcd")  # before all others


def run(paths: Paths, params: Params) -> None:
    """Measure the samples, write the metrics, and log them to the training's run."""
    trained = read_train_run(paths.train_run)  # where the run is not known, before the work
    result = measure(paths, params)
    write_evaluation(paths.evaluation, result)
    write_metrics(paths.metrics, result, trained)
    write_plot(paths.score_plot, score_rows(result))
    write_plot(paths.class_plot, class_rows(result))
    write_nearest(paths, result)
    log_evaluation(paths)


def measure(paths: Paths, params: Params) -> Metrics:
    """Compare the samples with as many real examples, and as many other real examples with the same.

    Raises UserError where samples, classifier or reference are missing, broken or do not fit each other.
    """
    samples, device = read_samples(paths.samples), pick_device(params.compute).torch
    classifier = load_classifier(paths.classifier, device)
    classifier.check(samples.values)
    inception = load_inception(paths.home, params.evaluate.inception_weights, device)
    views = []
    for network in (classifier.network, inception):
        reference = read_reference(paths.reference, network).first(len(samples))
        views.append(View(network, reference, samples.values[: len(reference.real)]))
    by_classifier = views[0]
    of_samples = SampleMetrics(paths, classifier, by_classifier, samples.labels)
    result: Metrics = {}
    for view in views:
        result |= view.distances()
    result |= of_samples.classes() | of_samples.memory(views) | of_samples.critic() | of_samples.out_of_range()
    others = views if params.evaluate.inception_again else [by_classifier]
    result = measure_other_samples(of_samples, others, params.evaluate.seeds, result)
    result = add_held_out_floors(paths, views, result)
    return {name: result[name] for name in (*FIRST, *(name for name in result if name not in FIRST))}


def write_nearest(paths: Paths, result: Evaluation) -> None:
    """A picture for each metric of memory: the samples closest to training examples, above these."""
    samples, train = read_samples(paths.samples).values, read_split(paths.splits, "train").values
    space = space_of(read_manifest(paths.splits).examples)
    paths.nearest.mkdir(parents=True, exist_ok=True)
    for stale in paths.nearest.glob("*.png"):
        stale.unlink()
    for name, metric in result.items():
        if pairs := metric.pairs:
            rows = [samples[[pair.sample for pair in pairs]], train[[pair.train for pair in pairs]]]
            save_png(paths.nearest / f"{name}.png", space.grid(np.concatenate(rows), len(pairs)))
