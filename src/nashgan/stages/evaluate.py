"""Stage `evaluate`: samples and the features of real examples in; metrics with interval, floor and protocol out."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from nashgan.evaluation import EVALUATIONS, QUESTIONS
from nashgan.evaluation.answer import Answer
from nashgan.evaluation.feature_metrics import Metrics
from nashgan.evaluation.params import EvaluateParams
from nashgan.evaluation.plots import class_rows, score_rows
from nashgan.models.config import ModelConfig
from nashgan.params import Params
from nashgan.records.computed import divided
from nashgan.records.evaluation import CORRECTED, Evaluation, write_evaluation
from nashgan.records.headline import HEADLINES
from nashgan.records.metrics import write_metrics
from nashgan.records.paths import Paths
from nashgan.records.plots import write_plot
from nashgan.records.record import mend
from nashgan.records.samples import read_correction, read_samples
from nashgan.records.splits import read_manifest, read_split
from nashgan.records.train_run import STAGE as TRAIN
from nashgan.records.train_run import read_train_run
from nashgan.records.weights import load_config
from nashgan.runtime.device import pick_device
from nashgan.spaces import family, space_of
from nashgan.spaces.grid import save_png
from nashgan.tracking.run_results import log_evaluation


def run(paths: Paths, params: Params) -> None:
    """Measure the samples, write the metrics, and log them to the training's run."""
    trained = read_train_run(paths.train_run)  # a missing record is reported before the work
    answer = measure(paths, params)
    result = answer.metrics
    write_evaluation(paths.evaluation, result)
    write_metrics(paths.metrics, result, trained)
    write_plot(paths.score_plot, score_rows(result))
    write_plot(paths.class_plot, class_rows(result))
    write_nearest(paths, result)
    write_pictures(paths.questions, answer.pictures)
    log_evaluation(paths)


def measure(paths: Paths, params: Params) -> Answer:
    """The metrics of the examples' space and of the questions asked, headlines first; and the questions' pictures.

    Raises UserError as the evaluations do.
    """
    space, device = family(read_manifest(paths.splits).examples.space), pick_device(params.compute).torch
    evaluation: Callable[[Paths, EvaluateParams, torch.device], Metrics] = EVALUATIONS[space].load()
    with divided(params.compute, paths.scratch):
        found = evaluation(paths, params.evaluate, device)
    if drawn := how_drawn(paths):
        found = {
            name: metric.model_copy(update={"protocol": f"{metric.protocol} {drawn}"}) for name, metric in found.items()
        }
    pictures: dict[str, Image.Image] = {}
    for question, registered in QUESTIONS.items() if paths.generator.exists() else ():
        ask: Callable[[Paths, EvaluateParams, torch.device], Answer | None] = registered.load()
        if answer := ask(paths, params.evaluate, device):
            found |= answer.metrics
            pictures |= {f"{question}-{name}": picture for name, picture in answer.pictures.items()}
    return Answer({name: found[name] for name in (*HEADLINES, *found) if name in found}, pictures)


def how_drawn(paths: Paths) -> str:
    """What samples depend on besides the generator, for protocols: classes, what was given, how they were corrected."""
    told = []
    if paths.generator.exists():
        config = load_config(paths.generator, ModelConfig, mend(TRAIN))
        if config.given:
            told.append(f"given={config.given.described}")
        if classes := config.classes_drawn(read_manifest(paths.splits).classes is not None):
            told.append(classes)
    if correction := read_correction(paths.correction):
        share = "" if correction.share is None else f" share={correction.share:g}"
        told.append(f"{CORRECTED}{correction.method} steps={correction.steps}{share}")
    return " ".join(told)


def write_pictures(folder: Path, pictures: Mapping[str, Image.Image]) -> None:
    """Write the pictures of the questions, and remove those that are not among them."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.png"):
        stale.unlink()
    for name, picture in pictures.items():
        save_png(folder / f"{name}.png", picture)


def write_nearest(paths: Paths, result: Evaluation) -> None:
    """Write a picture for each metric of memorisation: the samples closest to training examples, above these."""
    samples, train = read_samples(paths.samples).values, read_split(paths.splits, "train").values
    space = space_of(read_manifest(paths.splits).examples)
    paths.nearest.mkdir(parents=True, exist_ok=True)
    for stale in paths.nearest.glob("*.png"):
        stale.unlink()
    for name, metric in result.items():
        if pairs := metric.pairs:
            rows = [samples[[pair.sample for pair in pairs]], train[[pair.train for pair in pairs]]]
            save_png(paths.nearest / f"{name}.png", space.grid(np.concatenate(rows), len(pairs)))
