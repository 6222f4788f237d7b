"""CMMD: its formula, its closed forms, and its interval."""

import math

import numpy as np
import pytest

from nashgan.metrics.cmmd import METRIC, SCALE, SIGMA, cmmd
from nashgan.metrics.interval import Z
from nashgan.runtime.errors import UserError


def unit(count: int, seed: int, shift: float = 0.0) -> np.ndarray:
    """Vectors of length 1, as CLIP's features are."""
    vectors = np.random.default_rng(seed).normal(shift, 1, (count, 24))
    scaled: np.ndarray = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def formula(x: np.ndarray, y: np.ndarray) -> float:
    """The authors' program in float64."""

    def mean(a: np.ndarray, b: np.ndarray) -> float:
        squared = np.square(a[:, None].astype(np.float64) - b).sum(axis=2)
        return float(np.exp(-squared / (2 * 10**2)).mean())

    return 1000 * (mean(x, x) + mean(y, y) - 2 * mean(x, y))


def test_it_is_the_authors_formula() -> None:
    real, fake = unit(90, 0), unit(70, 1, shift=0.3)
    assert cmmd(real, fake).value == pytest.approx(formula(real, fake), abs=1e-5)
    assert formula(real, fake) > 0.5  # what rounding in float32 changes is far below


def test_equal_sets_are_at_zero_and_two_points_as_far_as_their_kernel_says() -> None:
    real = unit(50, 0)
    found = cmmd(real, real[::-1])
    assert found.value == pytest.approx(0, abs=1e-5) and not found.higher_is_better
    a, b = np.zeros((3, 2), np.float32), np.tile(np.array([3.0, 4.0], np.float32), (5, 1))
    assert cmmd(a, b).value == pytest.approx(2 * SCALE * (1 - math.exp(-25 / (2 * SIGMA**2))), rel=1e-5)
    assert cmmd(a + 7, b + 7).value == pytest.approx(cmmd(a, b).value, rel=1e-5)


def test_the_interval_is_the_jackknifes() -> None:
    real, fake = unit(60, 0), unit(40, 1, shift=0.3)
    found = cmmd(real, fake)
    assert found.interval is not None
    without = np.array([cmmd(real, np.delete(fake, place, axis=0)).value for place in range(len(fake))])
    error = math.sqrt((len(fake) - 1) * without.var())
    assert (found.interval[1] - found.value) / Z == pytest.approx(error, rel=0.1)


def test_what_is_not_finite_is_refused_and_the_protocol_names_the_kernel() -> None:
    broken = unit(4, 0)
    broken[0, 0] = np.nan
    with pytest.raises(UserError, match="finite"):
        cmmd(unit(4, 1), broken)
    assert METRIC.protocols == {"cmmd": "kernel=gauss sigma=10"}
    assert METRIC.measure(unit(4, 1), unit(4, 2), False).keys() == {"cmmd"}
