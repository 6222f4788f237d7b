"""Stage `evaluate`: samples and the features of real examples in; metrics with interval, floor and protocol out."""

from collections.abc import Callable

import numpy as np
import torch

from nashgan.evaluation import EVALUATIONS
from nashgan.evaluation.feature_metrics import Metrics
from nashgan.evaluation.params import EvaluateParams
from nashgan.evaluation.plots import class_rows, score_rows
from nashgan.params import Params
from nashgan.records.evaluation import Evaluation, write_evaluation
from nashgan.records.headline import HEADLINES
from nashgan.records.metrics import write_metrics
from nashgan.records.paths import Paths
from nashgan.records.plots import write_plot
from nashgan.records.samples import read_samples
from nashgan.records.splits import read_manifest, read_split
from nashgan.records.train_run import read_train_run
from nashgan.runtime.device import pick_device
from nashgan.spaces import family, space_of
from nashgan.spaces.grid import save_png
from nashgan.tracking.run_results import log_evaluation


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
    """Every metric that the space of the examples has, the headlines first. Raises UserError as the evaluations do."""
    space = family(read_manifest(paths.splits).examples.space)
    evaluation: Callable[[Paths, EvaluateParams, torch.device], Metrics] = EVALUATIONS[space].load()
    found = evaluation(paths, params.evaluate, pick_device(params.compute).torch)
    return {name: found[name] for name in (*HEADLINES, *found) if name in found}


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
