"""Intervals: closed forms, and how often they hold the truth when samples are drawn again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nashgan.metrics.frechet import frechet_distance, frechet_influences
from nashgan.metrics.interval import Z, normal_interval, share, standard_error
from nashgan.runtime.errors import UserError


def test_standard_error_of_a_mean() -> None:
    assert standard_error(np.array([1.0, 2.0, 3.0, 4.0])) == pytest.approx(np.sqrt(5 / 3) / 2)
    assert standard_error(np.full(9, 3.0)) == 0


def test_normal_interval_ends_where_the_metric_does() -> None:
    assert normal_interval(1.0, 0.5) == pytest.approx((1 - Z / 2, 1 + Z / 2))
    assert normal_interval(0.1, 1.0, 0, 1) == (0, 1)


def test_wilson_against_a_published_value() -> None:
    """81 of 263: 0.2553 … 0.3662 (Newcombe 1998, table I)."""
    assert share(81, 263).interval == pytest.approx((0.2553, 0.3662), abs=5e-5)


@given(st.integers(1, 3000), st.data())
def test_wilson_holds_the_share(count: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, count))
    found = share(hits, count)
    assert found.interval is not None
    low, high = found.interval
    assert 0 <= low <= found.value == hits / count <= high <= 1
    assert high > low


def test_a_share_of_nothing_is_refused() -> None:
    with pytest.raises(UserError, match="at least one"):
        share(0, 0)


@pytest.mark.parametrize(("real", "fake", "dim"), [(40, 30, 8), (9, 12, 20), (30, 12, 20)])
def test_influences_are_the_derivative(real: int, fake: int, dim: int) -> None:
    """Of the distance by a sample's weight: that of repeating every sample 500 times and one of them once more."""
    random = np.random.default_rng(0)
    x, y = random.standard_normal((real, dim)), random.standard_normal((fake, dim)) * 1.3 + 0.2
    many = np.tile(y, (500, 1))
    base = frechet_distance(x, many)
    moved = np.array([frechet_distance(x, np.vstack([many, y[[i]]])) - base for i in range(5)]) * len(many)
    influences = frechet_influences(x, many)
    np.testing.assert_allclose(moved, (influences - influences.mean())[:5], rtol=1e-2, atol=2e-2)


@pytest.mark.parametrize(("count", "dim"), [(400, 20), (60, 64)])
def test_error_of_a_frechet_distance_is_its_spread(count: int, dim: int) -> None:
    """The spread is over 150 sets of samples, with fewer images than dimensions, too."""
    random = np.random.default_rng(0)
    scales = (1 + np.arange(dim)) ** -0.7
    real = random.standard_normal((count, dim)) * scales
    sets = [(1.1 * random.standard_normal((count, dim)) + 0.2) * scales for _ in range(150)]
    spread = np.std([frechet_distance(real, fake) for fake in sets])
    errors = [standard_error(frechet_influences(real, fake)) for fake in sets[:20]]
    assert np.mean(errors) == pytest.approx(spread, rel=0.2)


def test_influences_of_equal_and_of_constant_sets() -> None:
    features = np.random.default_rng(0).standard_normal((30, 5))
    assert standard_error(frechet_influences(features, features)) < 1e-7  # the minimum: no sample moves it
    assert standard_error(frechet_influences(features, np.ones((30, 5)))) == pytest.approx(0, abs=1e-12)
