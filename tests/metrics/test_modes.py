"""Modes of stacked digits: closed forms, and how far count and divergence move when samples are drawn again."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nashgan.data.source import channel_labels
from nashgan.metrics.modes import joined_labels, mode_count, mode_kl
from nashgan.runtime.errors import UserError


def stacks(labels: object) -> np.ndarray:
    return channel_labels(np.asarray(labels, np.int64), 3, 10)


EVERY = stacks(np.arange(1000))


@given(st.integers(2, 12), st.integers(1, 4), st.data())
def test_labels_and_channels_are_the_same_number(classes: int, channels: int, data: st.DataObject) -> None:
    drawn = data.draw(st.lists(st.integers(0, classes**channels - 1), min_size=1, max_size=20))
    labels = np.array(drawn)
    of_channels = channel_labels(labels, channels, classes)
    assert of_channels.shape == (len(labels), channels) and 0 <= of_channels.min() <= of_channels.max() < classes
    np.testing.assert_array_equal(joined_labels(of_channels, classes), labels)


@pytest.mark.parametrize("times", [1, 3])
def test_every_mode_as_often(times: int) -> None:
    samples = np.tile(EVERY, (times, 1))
    found, kl = mode_count(samples, 10), mode_kl(EVERY, samples, 10)
    assert (found.value, found.details) == (1000, {"of": 1000})
    assert kl.value == pytest.approx(0, abs=1e-12)


def test_one_mode() -> None:
    """KL = log 1000."""
    samples = stacks([307] * 50)
    found, kl = mode_count(samples, 10), mode_kl(EVERY, samples, 10)
    assert (found.value, found.interval) == (1, (1, 1))
    assert kl.value == pytest.approx(math.log(1000))


def test_one_channel_that_always_shows_the_same() -> None:
    """A tenth of the modes, evenly: KL = log 10."""
    samples = stacks([100 * i + 10 * j + 4 for i in range(10) for j in range(10)])
    assert mode_count(samples, 10).value == 100
    assert mode_kl(EVERY, samples, 10).value == pytest.approx(math.log(10))


def test_real_modes_need_not_be_even() -> None:
    real = stacks([1] * 30 + [2] * 10)
    assert mode_kl(real, stacks([1, 1, 1, 2]), 10).value == pytest.approx(0, abs=1e-12)
    expected = 0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25)
    assert mode_kl(real, stacks([1, 2]), 10).value == pytest.approx(expected)


def test_a_mode_that_no_real_image_shows_counts_as_one() -> None:
    assert mode_kl(stacks([1] * 9), stacks([5] * 4), 10).value == pytest.approx(math.log(10))


def test_order_does_not_matter() -> None:
    samples = stacks(np.random.default_rng(0).integers(0, 1000, 500))
    assert mode_count(samples[::-1], 10) == mode_count(samples, 10)
    assert mode_kl(EVERY, samples[::-1], 10).value == pytest.approx(mode_kl(EVERY, samples, 10).value, rel=1e-12)


@pytest.mark.parametrize("count", [1000, 2000])
@pytest.mark.parametrize("kind", ["even", "uneven", "half"])
def test_intervals_are_the_spread(kind: str, count: int) -> None:
    random = np.random.default_rng(0)
    shares = {"even": np.ones(1000), "uneven": random.dirichlet(np.ones(1000)), "half": np.repeat([1.0, 0.0], 500)}
    p = shares[kind] / shares[kind].sum()
    real = stacks(random.integers(0, 1000, 50_000))
    sets = [stacks(random.choice(1000, count, p=p)) for _ in range(150)]
    for found in ([mode_count(x, 10) for x in sets], [mode_kl(real, x, 10) for x in sets[:100]]):
        errors = [(one.interval[1] - one.interval[0]) / (2 * 1.96) for one in found if one.interval]
        assert 0.65 < np.mean(errors) / np.std([one.value for one in found]) < 1.4


def test_few_images() -> None:
    one = mode_count(stacks([7]), 10)
    assert (one.value, one.interval) == (1, (1, 1))
    assert mode_kl(EVERY, stacks([7]), 10).value == pytest.approx(math.log(1000))
    none = np.zeros((0, 3), np.int64)
    with pytest.raises(UserError, match="none to count the modes of"):
        mode_count(none, 10)
    with pytest.raises(UserError, match="at least one image a set, got 3, 0"):
        mode_kl(EVERY[:3], none, 10)
