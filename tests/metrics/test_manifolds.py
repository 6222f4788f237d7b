"""Precision, recall, density and coverage against prdc on the same features, and at their ends."""

from collections.abc import Callable

import numpy as np
import pytest
from prdc import compute_prdc

from nashgan.metrics.density_coverage import density_coverage
from nashgan.metrics.interval import Estimate
from nashgan.metrics.neighbours import distance_blocks, nearest, radii
from nashgan.metrics.precision_recall import precision_recall
from nashgan.runtime.errors import UserError

Both = Callable[..., tuple[Estimate, Estimate]]


def features(seed: int, count: int, dim: int, shift: float = 0.0) -> np.ndarray:
    made: np.ndarray = np.random.default_rng(seed).standard_normal((count, dim)) + shift
    return made


def values(metric: Both, *arguments: object) -> list[float]:
    return [estimate.value for estimate in metric(*arguments)]


@pytest.mark.parametrize(("real", "fake", "dim"), [(200, 200, 8), (150, 90, 64), (60, 130, 3), (1500, 1100, 2)])
@pytest.mark.parametrize("k", [1, 3, 5])
def test_values_are_prdcs(real: int, fake: int, dim: int, k: int) -> None:
    x, y = features(0, real, dim), features(1, fake, dim, 0.4)
    theirs = compute_prdc(x, y, nearest_k=k)
    assert values(precision_recall, x, y, k) == pytest.approx([theirs["precision"], theirs["recall"]], abs=1e-12)
    assert values(density_coverage, x, y, k) == pytest.approx([theirs["density"], theirs["coverage"]], abs=1e-12)


@pytest.mark.parametrize("metric", [precision_recall, density_coverage])
def test_order_does_not_matter(metric: Both) -> None:
    x, y = features(0, 50, 4), features(1, 60, 4)
    assert values(metric, x[::-1], y[::-1]) == values(metric, x, y)


def test_equal_sets() -> None:
    x = features(0, 50, 4)
    assert values(precision_recall, x, x) == [1, 1]
    assert density_coverage(x, x)[1].value == 1


def test_sets_far_apart() -> None:
    x, y = features(0, 50, 4), features(1, 50, 4, 100)
    assert values(precision_recall, x, y) == values(density_coverage, x, y) == [0, 0]


def test_one_sample_repeated() -> None:
    """It lies in the manifold and covers what is around it alone: precision without recall."""
    x = features(0, 300, 4)
    y = np.tile(x[:1], (300, 1))
    precision, recall = values(precision_recall, x, y)
    assert (precision, recall) == (1, 1 / 300)
    assert density_coverage(x, y)[1].value < 0.1


def test_constant_features() -> None:
    """Balls of radius 0, borders included: a point equal to them is within, any other is not."""
    point = np.full((10, 3), 0.1)
    assert values(precision_recall, point, point) == [1, 1]
    assert values(density_coverage, point, point) == [2, 1]  # in 10 balls each, over k = 5
    assert values(precision_recall, point, point + 1e-3) == [0, 0]


@pytest.mark.parametrize("metric", [precision_recall, density_coverage])
def test_what_cannot_be_measured_is_refused(metric: Both) -> None:
    good = features(0, 20, 3)
    broken = good.copy()
    broken[4, 1] = np.inf
    for real, fake, message in (
        (good, broken, "row 4"),
        (good, good[:3], "need .* images a set, got 20, 3"),
        (good[:1], good, "got 1, 20"),
        (good[:0], good, "got 0, 20"),
    ):
        with pytest.raises(UserError, match=message):
            metric(real, fake)


def test_intervals_are_the_spread() -> None:
    """Of 60 sets of samples; recall and coverage may be a quarter too wide."""
    real = features(0, 300, 4)
    for metric in (precision_recall, density_coverage):
        found = [metric(real, 1.2 * features(seed, 300, 4, 0.5)) for seed in range(1, 61)]
        for estimates in zip(*found, strict=True):
            widths = [estimate.interval[1] - estimate.interval[0] for estimate in estimates if estimate.interval]
            spread = np.std([estimate.value for estimate in estimates])
            assert 0.75 < np.mean(widths) / (2 * 1.96 * spread) < 1.4


def test_distances_in_blocks() -> None:
    x, y = features(0, 23, 5, 1e4), features(1, 31, 5, 1e4)
    exact = ((x[:, None] - y) ** 2).sum(axis=2)
    for rows in (1, 7, 23, 100):
        blocks = list(distance_blocks(x, y, rows))
        np.testing.assert_allclose(np.concatenate([block for _, block in blocks]), exact, rtol=1e-10)
        assert [place.stop - place.start for place, _ in blocks] == [len(block) for _, block in blocks]
    np.testing.assert_allclose(radii(y, 2), np.sort(((y[:, None] - y) ** 2).sum(axis=2), axis=1)[:, 2], rtol=1e-10)


def test_nearest_over_blocks() -> None:
    x, y = features(0, 23, 5), features(1, 31, 5)
    exact = np.sqrt(((x[:, None] - y) ** 2).sum(axis=2))
    for step in (1, 8, 31):
        distances, index = nearest(x, [y[i : i + step] for i in range(0, 31, step)])
        np.testing.assert_array_equal(index, exact.argmin(axis=1))
        np.testing.assert_allclose(distances, exact.min(axis=1), rtol=1e-10)
    assert nearest(y[[7]], [y])[0] == 0  # exactly: a copy
    with pytest.raises(UserError, match="no training images"):
        nearest(x, [])
