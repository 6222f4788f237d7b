"""The question "classify": how well a discriminator that was told few labels names the classes of held-out images."""

from collections import Counter
from typing import Any

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from PIL import Image

from nashgan.data.few_labels import draw_labelled
from nashgan.evaluation.answer import Answer
from nashgan.evaluation.feature_metrics import measured
from nashgan.evaluation.labels_alone import Learning, train_alone
from nashgan.evaluation.params import EvaluateParams
from nashgan.features.class_answers import ClassNamer, load_class_namer
from nashgan.features.classifier import load_classifier
from nashgan.metrics.interval import Estimate, share
from nashgan.records import splits
from nashgan.records.evaluation import Baseline
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.records.train_run import read_train_run

ALONE, NEAREST, ALL = "the same network, labels alone", "nearest labelled image", "classifier with all labels"
SHOWN, COLUMNS = 48, 12  # wrong images in the picture, and in a row
NAMED = 5  # kinds of mistakes that are listed


def ask(paths: Paths, evaluate: EvaluateParams, device: torch.device) -> Answer | None:
    """Accuracy on the test split (on validation, where there is no test split).

    None where the discriminator was not told labels, or there are no held-out images. Raises UserError where a file is
    missing or broken.
    """
    namer = load_class_namer(paths.discriminator, device) if paths.discriminator.exists() else None
    if namer is None or (split := (manifest := splits.read_manifest(paths.splits)).held_out) == "train":
        return None
    held_out = splits.read_split(paths.splits, split)
    values, classes = np.asarray(held_out.values), manifest.classes or []
    known, learning = told(paths, classes)
    right: Int64[np.ndarray, " n"] = np.asarray(held_out.labels)
    answered = namer.probabilities(values)
    alone = ClassNamer(namer.config, train_alone(namer.config, known, learning, device), device)
    others = {
        ALONE: alone.probabilities(values).argmax(axis=1),
        NEAREST: nearest_labels(known, values),
        **by_all_labels(paths, values, device),
    }
    scores = [baseline(name, answers, right) for name, answers in others.items()]
    details = {**mistakes(answered.argmax(axis=1), right, classes), "labelled": len(known)}
    estimate = accuracy(answered.argmax(axis=1), right, details)
    line = f"accuracy {split} n={len(right)} labelled={len(known)} splits:{manifest.digest[:8]}"
    all_labels = accuracy(others[ALL], right) if ALL in others else None  # what a perfect use of few labels reaches
    metric = measured(estimate, all_labels, len(right), line)
    metric = metric.model_copy(update={"baseline": scores[0], "beside": scores[1:]})
    return Answer({"held_out_accuracy": metric}, picture(namer, values, answered, right))


def told(paths: Paths, classes: list[str]) -> tuple[Examples, Learning]:
    """The labelled examples of the training, and how its discriminator learned, from the training's record."""
    params = read_train_run(paths.train_run).params
    learned = params["train"]
    train = splits.read_split(paths.splits, "train")
    labels = np.asarray(train.labels)
    index = draw_labelled(labels, classes, params["objective"]["labelled"], learned["seed"])
    learning = Learning(
        learned["seed"], learned["batch"], learned["lr_discriminator"], learned["beta1"], learned["beta2"]
    )
    return Examples(np.asarray(train.values)[index], labels[index]), learning


def by_all_labels(
    paths: Paths, images: UInt8[np.ndarray, "n c h w"], device: torch.device
) -> dict[str, Int64[np.ndarray, " n"]]:
    """The answers of the pipeline's classifier, where it learned the same classes."""
    classifier = load_classifier(paths.classifier, device)
    return {ALL: classifier.predict(images).argmax(axis=1)} if classifier.config.task == "class" else {}


def nearest_labels(known: Examples, images: UInt8[np.ndarray, "n c h w"]) -> Int64[np.ndarray, " n"]:
    """The label of the labelled image that is nearest in pixels."""
    these, those = (array.reshape(len(array), -1).astype(np.float32) for array in (images, known.values))
    distances = (those**2).sum(1) - 2 * these @ those.T  # without a term that is the same for all labelled images
    labels: np.ndarray = np.asarray(known.labels)[distances.argmin(axis=1)]
    return labels


def accuracy(
    answers: Int64[np.ndarray, " n"], right: Int64[np.ndarray, " n"], details: dict[str, Any] | None = None
) -> Estimate:
    """The share of right answers. Its interval (Wilson) is over images; labels and training are taken as fixed."""
    return share(int((answers == right).sum()), len(right), details)


def baseline(name: str, answers: Int64[np.ndarray, " n"], right: Int64[np.ndarray, " n"]) -> Baseline:
    """Another method's accuracy."""
    estimate = accuracy(answers, right)
    return Baseline(name=name, value=estimate.value, interval=estimate.interval)


def mistakes(answers: Int64[np.ndarray, " n"], right: Int64[np.ndarray, " n"], classes: list[str]) -> dict[str, Any]:
    """Accuracy by class, and the most frequent mistakes: the true class, the answer, and how often."""
    by_class = {
        name: float((answers[right == label] == label).mean()) if (right == label).any() else None
        for label, name in enumerate(classes)
    }
    wrong = np.flatnonzero(answers != right)
    pairs = Counter((classes[right[i]], classes[answers[i]]) for i in wrong)
    listed = [[true, said, times] for (true, said), times in pairs.most_common(NAMED)]
    return {"classes": by_class, "mistakes": listed, "wrong": len(wrong)}


def picture(
    namer: ClassNamer, images: np.ndarray, answered: np.ndarray, right: Int64[np.ndarray, " n"]
) -> dict[str, Image.Image]:
    """The images with a wrong answer, by the class that was answered, the surest first; none where all are right."""
    answers = answered.argmax(axis=1)
    wrong = np.flatnonzero(answers != right)
    surest = wrong[np.argsort(-answered[wrong].max(axis=1), kind="stable")][:SHOWN]
    shown = surest[np.argsort(answers[surest], kind="stable")]
    return {"wrong": namer.config.space.grid(images[shown], COLUMNS)} if len(shown) else {}
