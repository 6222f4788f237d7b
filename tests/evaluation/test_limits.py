"""Every metric where sets are broken, empty, of one image, constant or the same: a clear error or the right limit."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from nashgan.metrics.class_conditional import class_accuracy, frechet_per_class
from nashgan.metrics.class_histogram import class_kl, classifier_score
from nashgan.metrics.critic_gap import critic_gap
from nashgan.metrics.frechet import frechet_estimate
from nashgan.metrics.frechet_infinity import fid_infinity, infinity_estimate
from nashgan.metrics.interval import Estimate
from nashgan.metrics.kid import kid
from nashgan.metrics.manifolds import manifold_metrics
from nashgan.metrics.memorisation import memorisation
from nashgan.metrics.modes import mode_count, mode_kl
from nashgan.runtime.errors import UserError

Metric = Callable[[np.ndarray, np.ndarray], list[float]]
NAMES = ["a", "b", "c"]
DIM = 40


def values(*estimates: Estimate) -> list[float]:
    return [number for one in estimates for number in (one.value, *(one.interval or ()))]


def labels(features: np.ndarray) -> np.ndarray:
    """Some class of each image, by its features."""
    found: np.ndarray = np.argsort(features[:, :3], axis=1)[:, 0]
    return found


def softmax(features: np.ndarray) -> np.ndarray:
    powers = np.exp(features[:, :3])
    made: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return made


OF_FEATURES: dict[str, Metric] = {
    "fid": lambda real, fake: values(frechet_estimate(real, fake, normalised=False)),
    "fcd": lambda real, fake: values(frechet_estimate(real, fake, normalised=True)),
    "kid": lambda real, fake: [kid(real, fake).mean, kid(real, fake).samples_error],
    "fid_infinity": lambda real, fake: values(infinity_estimate(real, fake, normalised=False)),
    "manifolds": lambda real, fake: values(*manifold_metrics(real, fake).values()),
    "memorisation": lambda real, fake: values(memorisation(fake, real[: len(real) // 2], real[len(real) // 2 :])),
    "critic_gap": lambda real, fake: values(critic_gap(real[:, 0], fake[:, 0])),
    "classifier_score": lambda _, fake: values(classifier_score(softmax(fake))),
    "fcd_per_class": lambda real, fake: values(frechet_per_class(real, labels(real), fake, labels(fake), NAMES)),
}
OF_CLASSES: dict[str, Metric] = {
    "class_kl": lambda real, fake: values(class_kl(labels(real), labels(fake), NAMES)),
    "class_accuracy": lambda _, fake: values(class_accuracy(labels(fake), labels(fake[:, 1:]), NAMES)),
    "modes": lambda _, fake: values(mode_count(np.argsort(fake[:, :3], axis=1), 3)),
    "modes_kl": lambda real, fake: values(mode_kl(np.argsort(real[:, :3], axis=1), np.argsort(fake[:, :3], axis=1), 3)),
}
ALL = OF_FEATURES | OF_CLASSES
PLACED = {"kid", "fid_infinity"}  # their subsets are drawn by place: they are given samples in the order of content
ALONE = {"classifier_score", "class_accuracy", "modes"}  # of the samples alone


def sides(metrics: dict[str, Metric]) -> list[tuple[str, bool]]:
    """Each metric with each of the sets that it looks at: False for the samples, True for the real images."""
    return [(name, of_real) for name in metrics for of_real in (False, True) if not (of_real and name in ALONE)]


def features(seed: int, count: int = 30) -> np.ndarray:
    """Normal features of `count` images, fewer than dimensions."""
    made: np.ndarray = np.random.default_rng(seed).standard_normal((count, DIM))
    return made


@pytest.mark.parametrize("name", sorted(ALL.keys() - PLACED))
def test_order_does_not_matter(name: str) -> None:
    real, fake = features(0), features(1)
    expected = ALL[name](real, fake)
    for order in (slice(None, None, -1), np.random.default_rng(2).permutation(len(fake))):
        assert ALL[name](real, fake[order]) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("name", "of_real"), sides(OF_FEATURES))
def test_values_that_are_not_finite_are_refused(name: str, of_real: bool, broken: float) -> None:
    real, fake = features(0), features(1)
    (real if of_real else fake)[4] = broken
    with pytest.raises(UserError) as error, np.errstate(invalid="ignore"):
        OF_FEATURES[name](real, fake)
    assert "\n" not in str(error.value) and "NaN or infinite" in str(error.value)


@pytest.mark.parametrize(("name", "of_real"), sides(ALL))
def test_no_image_is_refused(name: str, of_real: bool) -> None:
    with pytest.raises(UserError) as error:
        ALL[name](features(0)[of_real * 30 :], features(1)[(not of_real) * 30 :])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", OF_FEATURES)
def test_one_sample_is_refused_where_a_spread_is_needed(name: str) -> None:
    with pytest.raises(UserError) as error:
        OF_FEATURES[name](features(0), features(1, 1))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("class_kl", math.log(30 / 10)),
        ("class_accuracy", 1.0),
        ("modes", 1.0),
        ("modes_kl", math.log(30 / 10)),
    ],
)
def test_one_sample_has_the_right_limit(name: str, limit: float) -> None:
    real = np.zeros((30, DIM))
    real[np.arange(30), np.arange(30) % 3] = -1  # ten images of each class
    one = np.zeros((1, DIM))
    one[0, :2] = -1, -0.5  # of the first class, and asked for as that
    assert ALL[name](real, one)[0] == pytest.approx(limit)


def test_the_same_images_twice() -> None:
    """Each metric of a set beside itself, with fewer images than dimensions."""
    same = features(0)
    for name in ("fid", "fcd", "class_kl", "modes_kl", "fcd_per_class"):
        assert 0 <= ALL[name](same, same)[0] < 1e-8
    assert ALL["kid"](same, same)[0] < 0  # unbiased, so below 0 where the sets share their noise
    found = manifold_metrics(same, same)
    assert [found[name].value for name in ("precision", "recall", "coverage")] == [1, 1, 1]
    assert memorisation(same, features(1), same).value == 1
    assert critic_gap(same[:, 0], same[:, 0]).value == pytest.approx(0.5)


def test_samples_that_are_all_alike() -> None:
    """One image again and again, at a distance r from real images whose mean is far away: every metric's own limit."""
    real, point = features(0), np.full((30, DIM), 10.0)
    variance = real.var(axis=0, ddof=1).sum()
    squared = ((real.mean(axis=0) - 10) ** 2).sum()
    assert ALL["fid"](real, point)[0] == pytest.approx(squared + variance, rel=1e-12)
    assert ALL["fcd"](real, point)[0] == pytest.approx(1 + squared / variance, rel=1e-12)
    assert fid_infinity(real, point).value == pytest.approx(squared + variance, rel=1e-9)
    assert [one.value for one in manifold_metrics(real, point).values()] == [0, 0, 0, 0]
    assert memorisation(point, real[:15], real[15:]).value == 0  # farther than every held-out image
    assert classifier_score(softmax(point)).value == pytest.approx(1)
    assert class_kl(np.arange(30) % 3, labels(point), NAMES).value == pytest.approx(math.log(3))
    assert mode_count(np.argsort(point[:, :3], axis=1), 3).value == 1


@pytest.mark.parametrize("name", ["fcd", "fcd_per_class"])
def test_real_images_that_are_all_alike_have_no_unit(name: str) -> None:
    with pytest.raises(UserError, match=r"constant|no class has two"):
        OF_FEATURES[name](np.ones((30, DIM)), features(1))


def test_real_images_that_are_all_alike() -> None:
    point, fake = np.ones((30, DIM)), features(1)
    expected = ((fake.mean(axis=0) - 1) ** 2).sum() + fake.var(axis=0, ddof=1).sum()
    assert ALL["fid"](point, fake)[0] == pytest.approx(expected, rel=1e-12)
    found = manifold_metrics(point, fake)
    assert found["precision"].value == found["density"].value == 0
    assert np.isfinite(ALL["kid"](point, fake)).all()
    assert critic_gap(point[:, 0], point[:, 0]).value == 0.5
