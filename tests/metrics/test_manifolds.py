"""Precision, recall, density and coverage against prdc on the same features, and at their ends."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from prdc import compute_prdc

from nashgan.metrics import neighbours
from nashgan.metrics.manifolds import METRIC, manifold_metrics
from nashgan.metrics.neighbours import nearest, overlaps, radii
from nashgan.runtime.errors import UserError


def features(seed: int, count: int, dim: int, shift: float = 0.0) -> np.ndarray:
    made: np.ndarray = np.random.default_rng(seed).standard_normal((count, dim)) + shift
    return made


def values(real: np.ndarray, fake: np.ndarray, *ks: int) -> list[float]:
    """Precision, recall, density and coverage."""
    return [estimate.value for estimate in manifold_metrics(real, fake, *ks).values()]


@pytest.mark.parametrize(("real", "fake", "dim"), [(200, 200, 8), (150, 90, 64), (60, 130, 3), (1500, 1100, 2)])
@pytest.mark.parametrize("k", [1, 3, 5])
def test_values_are_prdcs(real: int, fake: int, dim: int, k: int) -> None:
    x, y = features(0, real, dim), features(1, fake, dim, 0.4)
    theirs = compute_prdc(x, y, nearest_k=k)
    expected = [theirs[name] for name in ("precision", "recall", "density", "coverage")]
    assert values(x, y, k, k) == pytest.approx(expected, abs=1e-12)


def test_each_k_counts_for_its_own_two() -> None:
    x, y = features(0, 90, 4), features(1, 70, 4, 0.4)
    assert values(x, y, 2, 6) == [*values(x, y, 2, 2)[:2], *values(x, y, 6, 6)[2:]]
    assert values(x, y) == values(x, y, 3, 5)


def test_order_does_not_matter() -> None:
    x, y = features(0, 50, 4), features(1, 60, 4)
    assert values(x[::-1], y[::-1]) == values(x, y)


def test_equal_sets() -> None:
    x = features(0, 50, 4)
    precision, recall, _, coverage = values(x, x)
    assert precision == recall == coverage == 1


def test_sets_far_apart() -> None:
    x, y = features(0, 50, 4), features(1, 50, 4, 100)
    assert values(x, y) == [0, 0, 0, 0]


def test_one_sample_repeated() -> None:
    """It lies in the manifold and covers what is around it alone: precision without recall."""
    x = features(0, 300, 4)
    y = np.tile(x[:1], (300, 1))
    precision, recall, _, coverage = values(x, y)
    assert (precision, recall) == (1, 1 / 300) and coverage < 0.1


def test_constant_features() -> None:
    """Balls of radius 0, borders included: a point equal to them is within, any other is not."""
    point = np.full((10, 3), 0.1)
    assert values(point, point) == [1, 1, 2, 1]  # in 10 balls each, over k = 5
    assert values(point, point + 1e-3) == [0, 0, 0, 0]


def test_what_cannot_be_measured_is_refused() -> None:
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
            manifold_metrics(real, fake)


def test_intervals_are_the_spread() -> None:
    """Of 60 sets of samples; recall and coverage may be a quarter too wide."""
    real = features(0, 300, 4)
    found = [manifold_metrics(real, 1.2 * features(seed, 300, 4, 0.5)).values() for seed in range(1, 61)]
    for estimates in zip(*found, strict=True):
        widths = [estimate.interval[1] - estimate.interval[0] for estimate in estimates if estimate.interval]
        spread = np.std([estimate.value for estimate in estimates])
        assert 0.75 < np.mean(widths) / (2 * 1.96 * spread) < 1.4


def awkward(seed: int, count: int, dim: int) -> np.ndarray:
    """Float32 features far from the origin: clusters, duplicates, near-duplicates and an outlier."""
    random = np.random.default_rng(seed)
    made = np.abs(random.standard_normal((count, dim))) + 30
    made[count // 4 : count // 2] = made[0] + 1e-5 * random.standard_normal((count // 2 - count // 4, dim))
    made[-7:] = made[3]
    made[-1] *= 50
    return made.astype(np.float32)


def plain(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Squared distances in float64, number by number."""
    squared: np.ndarray = np.square(x[:, None].astype(np.float64) - y).sum(axis=2)
    return squared


@pytest.mark.parametrize("make", [features, awkward])
def test_all_is_as_in_float64(make: Callable[[int, int, int], np.ndarray]) -> None:
    """Radii, pairs within balls, nearest neighbours: single pairs and whole blocks are decided in float64."""
    x, y = make(0, 60, 40), make(1, 50, 40)
    y[5:9] = x[5:9]
    ks = [1, 3, 5]
    of_x, of_y = (np.sort(plain(one, one), axis=1)[:, ks].T for one in (x, y))
    np.testing.assert_allclose(radii(x, ks), of_x, rtol=1e-9, atol=1e-9 * of_x.max())
    near, around = overlaps(x, y, radii(x, ks), radii(y, ks))
    exact = plain(x, y)
    for found, within in zip(
        (*near, *around), (*(exact <= r[:, None] for r in of_x), *(exact <= r for r in of_y)), strict=True
    ):
        np.testing.assert_array_equal(found.of_real, within.sum(axis=1))
        np.testing.assert_array_equal(found.of_fake, within.sum(axis=0))
        np.testing.assert_array_equal(found.alone, within[within.sum(axis=1) == 1].sum(axis=0))
    distances, index = nearest(x, y)
    np.testing.assert_array_equal(index, exact.argmin(axis=1))
    np.testing.assert_allclose(distances, np.sqrt(exact.min(axis=1)), rtol=1e-9)


def test_one_image_again_and_again() -> None:
    """So many pairs are in doubt that whole blocks are computed in float64: the answers stay exact."""
    x, y = awkward(0, 1300, 6), awkward(1, 1300, 6)
    y[:] = x[7] + 1e-7 * y
    exact = plain(x, y)
    np.testing.assert_allclose(radii(y, [5])[0], np.sort(plain(y, y), axis=1)[:, 5], atol=1e-9)
    assert values(x, y)[0] == (exact <= radii(x, [3])[0][:, None]).any(axis=0).mean()


def test_nearest_over_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = features(0, 23, 5), features(1, 31, 5)
    exact = np.sqrt(plain(x, y))
    for step in (1, 8, 31):
        monkeypatch.setattr("nashgan.metrics.neighbours.COLUMNS", step)
        monkeypatch.setattr("nashgan.metrics.neighbours.ROWS", step)
        distances, index = nearest(x, y)
        np.testing.assert_array_equal(index, exact.argmin(axis=1))
        np.testing.assert_allclose(distances, exact.min(axis=1), rtol=1e-10)
    assert nearest(y[[7]], y)[0] == 0  # exactly: a copy
    with pytest.raises(UserError, match="no training images"):
        nearest(x, y[:0])


def test_real_radii_are_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the floor and for the samples, and then for samples of other seeds."""
    looked_at: list[int] = []
    blocks = neighbours.blocks

    def counted(a: np.ndarray, b: np.ndarray, what: str) -> Iterator[tuple[slice, neighbours.Block]]:
        looked_at.append(id(a) if what == "radii" else 0)
        return blocks(a, b, what)

    monkeypatch.setattr(neighbours, "blocks", counted)
    real, floor, fake = (features(seed, 40, 3) for seed in (70, 71, 72))
    for samples in (floor, fake):
        METRIC.measure(real, samples, False)
    assert looked_at.count(id(real)) == 1 and looked_at.count(0) == 2 and len(looked_at) == 5
