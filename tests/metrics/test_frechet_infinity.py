"""The extrapolation: exact on a line, and nearer to the truth than the distance of all samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nashgan.metrics.frechet import frechet_distance
from nashgan.metrics.frechet_infinity import extrapolate, fid_infinity
from nashgan.runtime.errors import UserError

SIZES = [100, 130, 200, 400]


@given(st.floats(-10, 10), st.floats(-1e3, 1e3))
def test_a_line_is_fitted_exactly(value: float, slope: float) -> None:
    found = extrapolate(SIZES, [value + slope / size for size in SIZES])
    assert found.value == pytest.approx(value, abs=1e-9)
    assert found.slope == pytest.approx(slope, abs=1e-6)
    assert found.fit_error == pytest.approx(0, abs=1e-9)


def test_fit_error_is_that_of_least_squares() -> None:
    distances = [3.0, 2.5, 2.6, 1.9]
    found = extrapolate(SIZES, distances)
    design = np.stack([np.ones(4), 1 / np.array(SIZES)], axis=1)
    solution, residual, *_ = np.linalg.lstsq(design, np.array(distances), rcond=None)
    assert (found.value, found.slope) == pytest.approx(tuple(solution))
    assert found.fit_error == pytest.approx(np.sqrt(residual[0] / 2 * np.linalg.inv(design.T @ design)[0, 0]))


def test_bias_by_the_number_of_samples_goes_away() -> None:
    """Samples from the real distribution: the truth is the distance of very many of them."""
    random = np.random.default_rng(0)
    real = random.standard_normal((4000, 20))
    truth = frechet_distance(real, random.standard_normal((200_000, 20)))
    sets = [random.standard_normal((800, 20)) for _ in range(8)]
    plain = np.mean([frechet_distance(real, fake) for fake in sets]) - truth
    left = np.mean([fid_infinity(real, fake).value for fake in sets]) - truth
    assert abs(left) < 0.15 * plain


def test_seeded_and_sorted() -> None:
    random = np.random.default_rng(0)
    real, fake = random.standard_normal((2, 60, 4))
    found = fid_infinity(real, fake, points=5)
    assert found == fid_infinity(real, fake, points=5)
    assert (found.sizes[0], found.sizes[-1]) == (15, 60)
    assert found.distances[-1] == pytest.approx(frechet_distance(real, fake), rel=1e-12)


def test_equal_and_constant_sets() -> None:
    features = np.random.default_rng(0).standard_normal((400, 3))
    assert abs(fid_infinity(features, features).value) < 0.03
    point = np.ones((20, 3))
    assert fid_infinity(point, point + 1).value == pytest.approx(3)


def test_what_cannot_be_measured_is_refused() -> None:
    good = np.random.default_rng(0).standard_normal((20, 3))
    with pytest.raises(UserError, match="at least 8, got 7"):
        fid_infinity(good, good[:7])
    with pytest.raises(UserError, match="three sizes of subsets, got 1"):
        extrapolate([5, 5, 5], [1.0, 2.0, 3.0])
    with pytest.raises(UserError, match="NaN"):
        fid_infinity(good, np.full((20, 3), np.nan))
