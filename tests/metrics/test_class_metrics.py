"""What a classifier says of samples: closed forms."""

import math

import numpy as np
import pytest

from nashgan.metrics.class_conditional import class_accuracy, frechet_per_class
from nashgan.metrics.class_histogram import class_kl, classifier_score
from nashgan.metrics.frechet import normalised_frechet_distance
from nashgan.runtime.errors import UserError

NAMES = ["a", "b", "c"]


def classes(*counts: int) -> np.ndarray:
    return np.repeat(np.arange(len(counts)), counts)


def test_kl_of_equal_histograms_is_zero() -> None:
    found = class_kl(classes(5, 0, 3), classes(50, 0, 30), NAMES)
    assert (found.value, found.details["missing"]) == (0, [])
    assert found.details["classes"] == {"a": 5 / 8, "b": 0, "c": 3 / 8}


def test_kl_of_a_missing_class() -> None:
    """Two of three even classes: log(3 / 2)."""
    found = class_kl(classes(10, 10, 10), classes(7, 0, 7), NAMES)
    assert found.value == pytest.approx(math.log(1.5))
    assert found.interval == pytest.approx((math.log(1.5), math.log(1.5)))  # which half it is does not matter
    assert found.details["missing"] == ["b"]


def test_a_class_without_real_images_counts_as_one() -> None:
    assert class_kl(classes(9, 0, 0), classes(0, 4, 0), NAMES).value == pytest.approx(math.log(10))


def test_interval_of_kl_is_its_spread() -> None:
    random = np.random.default_rng(0)
    real, p = classes(300, 300, 400), [0.5, 0.2, 0.3]
    found = [class_kl(real, random.choice(3, 500, p=p), NAMES) for _ in range(300)]
    widths = [estimate.interval[1] - estimate.value for estimate in found if estimate.interval]
    assert np.mean(widths) == pytest.approx(1.96 * np.std([estimate.value for estimate in found]), rel=0.15)


def test_score_is_one_to_the_number_of_classes() -> None:
    sure = np.eye(3)[classes(4, 4, 4)]
    assert classifier_score(sure).value == pytest.approx(3)
    assert classifier_score(np.full((6, 3), 1 / 3)).value == pytest.approx(1)
    assert classifier_score(sure[:4]).value == pytest.approx(1)  # one class only


def test_score_by_hand() -> None:
    p = np.array([[0.9, 0.1], [0.3, 0.7]])
    mean = p.mean(axis=0)
    assert classifier_score(p).value == pytest.approx(math.exp((p * np.log(p / mean)).sum() / 2))


def test_accuracy_of_requested_classes() -> None:
    found = class_accuracy(np.array([0, 1, 1, 2]), np.array([0, 1, 0, 1]), NAMES)
    assert found.value == 0.5
    assert found.details["classes"] == {"a": 0.5, "b": 0.5}  # nobody asked for c
    assert found.interval is not None and found.interval[0] < 0.5 < found.interval[1]


def test_distance_by_class() -> None:
    random = np.random.default_rng(0)
    real, fake = random.standard_normal((2, 60, 4))
    labels = classes(20, 30, 10)
    fake_labels = np.where(labels == 2, 1, labels)  # nothing of the third
    found = frechet_per_class(real, labels, fake, fake_labels, NAMES)
    expected = [normalised_frechet_distance(real[labels == i], fake[fake_labels == i]) for i in (0, 1)]
    assert found.details["classes"] == {"a": expected[0], "b": expected[1], "c": None}
    assert found.value == pytest.approx(np.mean(expected))


def test_distance_by_class_sees_swapped_classes() -> None:
    """The same images under each other's labels: no distance as a whole, a large one by class."""
    random = np.random.default_rng(0)
    labels = classes(50, 50)
    features = random.standard_normal((100, 4)) + 5 * labels[:, None]
    assert normalised_frechet_distance(features, features) < 1e-8
    assert frechet_per_class(features, labels, features, labels, NAMES[:2]).value < 1e-8
    assert frechet_per_class(features, labels, features, 1 - labels, NAMES[:2]).value > 5


def test_constant_class_is_left_out() -> None:
    random = np.random.default_rng(0)
    labels = classes(10, 10)
    real, fake = random.standard_normal((2, 20, 4))
    real[labels == 1] = 0.25
    assert frechet_per_class(real, labels, fake, labels, NAMES[:2]).details["classes"]["b"] is None


def test_what_cannot_be_measured_is_refused() -> None:
    none = np.array([], np.int64)
    with pytest.raises(UserError, match="at least one image a set, got 0, 3"):
        class_kl(none, classes(3), NAMES)
    with pytest.raises(UserError, match="at least two, got 1"):
        classifier_score(np.eye(3)[:1])
    with pytest.raises(UserError, match="row 0"):
        classifier_score(np.full((2, 3), np.nan))
    with pytest.raises(UserError, match="at least one"):
        class_accuracy(none, none, NAMES)
    with pytest.raises(UserError, match="no class has two real images and two samples"):
        frechet_per_class(np.eye(3), np.arange(3), np.eye(3), np.arange(3), NAMES)
