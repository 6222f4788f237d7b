"""The question "classify": accuracy on held-out digits beside labels alone, nearest images and all labels."""

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from record_files import CPU, train_run, write_splits

from nashgan.data.few_labels import draw_labelled
from nashgan.evaluation import classify, labels_alone
from nashgan.evaluation.answer import Answer
from nashgan.features.class_answers import load_class_namer
from nashgan.features.classifier import save_classifier
from nashgan.features.classifier_training import train_classifier
from nashgan.models.config import ModelConfig, build_discriminator
from nashgan.pages.html import fill
from nashgan.params import Params, parse_params
from nashgan.records.evaluation import read_evaluation, write_evaluation
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.records.train_run import write_train_run
from nashgan.records.weights import save_config, save_weights
from nashgan.reporting.classify import from_few_labels
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace

CLASSES = [str(digit) for digit in range(10)]
SPACE = ImageSpace(1, 32, 32)
DEFAULTS = Path(__file__).parents[2] / "params.yaml"


def params(labelled: int | None) -> Params:
    values = yaml.safe_load(DEFAULTS.read_text(encoding="utf-8"))
    values["objective"]["labelled"] = labelled
    return parse_params(values)


@pytest.fixture(scope="module")
def workspace(digits: Examples, tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """Digits, a classifier, and a discriminator that names classes but has learned nothing."""
    paths = Paths(tmp_path_factory.mktemp("few"))
    assert digits.labels is not None
    parts = [Examples(digits.values[a:b], digits.labels[a:b]) for a, b in ((0, 300), (300, 400))]
    write_splits(paths.splits, {"train": parts[0], "test": parts[1]})
    wanted = params(20)
    learning = wanted.classifier.model_copy(update={"images": 640})
    save_classifier(
        paths.classifier, train_classifier(parts[0], CLASSES, learning, CPU), "class", CLASSES, SPACE, 640, None
    )
    torch.manual_seed(0)
    config = ModelConfig(name="dcgan", examples=SPACE.format, latent=4, width=4, answers=10)
    save_weights(paths.discriminator / "weights.safetensors", build_discriminator(config))
    save_config(paths.discriminator, config)
    write_train_run(paths.train_run, train_run(wanted.model_dump(by_alias=True)))
    return paths


@pytest.fixture(scope="module")
def answer(workspace: Paths) -> Answer:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(labels_alone, "STEPS", 60)
        found = classify.ask(workspace, params(20).evaluate, CPU)
    assert found is not None
    return found


def test_the_share_of_right_answers_stands_beside_other_methods(answer: Answer, workspace: Paths) -> None:
    metric = answer.metrics["held_out_accuracy"]
    namer = load_class_namer(workspace.discriminator, CPU)
    assert namer is not None and metric.value is not None and metric.interval is not None
    values, labels = (np.load(workspace.splits / f"test.{name}.npy") for name in ("examples", "labels"))
    right = namer.probabilities(values).argmax(axis=1) == labels
    assert metric.value == pytest.approx(right.mean()) and metric.interval[0] < metric.value < metric.interval[1]
    assert metric.higher_is_better and metric.samples == 100 and "labelled=20" in metric.protocol
    assert metric.baseline is not None and metric.baseline.name == classify.ALONE
    assert [other.name for other in metric.beside] == [classify.NEAREST, classify.ALL]
    alone, nearest = metric.baseline.value, metric.beside[0].value
    assert alone is not None and nearest is not None and alone > 0.2 and nearest > 0.3  # they learned
    assert metric.floor == metric.beside[1].value
    assert list(metric.classes or {}) == CLASSES
    assert answer.pictures["wrong"].width > 32


def test_the_report_shows_it(answer: Answer, workspace: Paths) -> None:
    write_evaluation(workspace.evaluation, answer.metrics)
    context = from_few_labels(read_evaluation(workspace.evaluation))
    assert context is not None and context["labelled"] == 20 and 0 < len(context["mistakes"]) <= 5
    assert list(context["table"].rows) == ["this model", classify.ALONE, classify.NEAREST, classify.ALL]
    page = fill("sections/classify.html.j2", ["nashgan.reporting"], [], here=context | {"figure": None})
    assert (
        "the same network, labels alone" in page and "Most frequent mistakes: " in page and "real examples" not in page
    )
    assert from_few_labels({}) is None


def test_labels_alone_are_a_function_of_the_seed(workspace: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels_alone, "STEPS", 2)
    known, learning = classify.told(workspace, CLASSES)
    train = np.load(workspace.splits / "train.labels.npy")
    assert known.labels is not None and np.array_equal(
        known.labels, train[draw_labelled(train, CLASSES, 20, learning.seed)]
    )
    namer = load_class_namer(workspace.discriminator, CPU)
    assert namer is not None
    before = torch.random.get_rng_state()
    one, two = (labels_alone.train_alone(namer.config, known, learning, CPU).state_dict() for _ in range(2))
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert torch.equal(before, torch.random.get_rng_state())


def test_nobody_asks_where_the_discriminator_names_no_classes(tmp_path: Path) -> None:
    assert classify.ask(Paths(tmp_path), params(None).evaluate, CPU) is None


def test_images_of_another_size_are_refused(workspace: Paths) -> None:
    namer = load_class_namer(workspace.discriminator, CPU)
    assert namer is not None
    with pytest.raises(UserError, match=r"was trained on \(1, 32, 32\), these are \(1, 28, 28\)"):
        namer.probabilities(np.zeros((2, 1, 28, 28), np.uint8))
