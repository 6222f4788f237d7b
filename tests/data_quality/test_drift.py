"""Drift: closed forms of the divergence, the chi-square test, pixels and features."""

import numpy as np
import pytest
from scipy.stats import chisquare

from nashgan.data_quality.balance import balance
from nashgan.data_quality.drift import class_drift, feature_drift, pixels


def test_the_divergence_is_0_for_equal_proportions_and_1_bit_for_no_common_class() -> None:
    assert class_drift({"a": 10, "b": 30}, {"a": 20, "b": 60}).divergence == pytest.approx(0, abs=1e-12)
    assert class_drift({"a": 10, "b": 30}, {"a": 20, "b": 60}).p_value == pytest.approx(1)
    assert class_drift({"a": 10}, {"b": 7}).divergence == pytest.approx(1)
    assert class_drift({"a": 10, "empty": 0}, {"a": 7}).p_value == 1


def test_the_divergence_and_the_test_have_their_closed_forms() -> None:
    found = class_drift({"a": 50, "b": 50}, {"a": 100})
    entropy = -(0.75 * np.log2(0.75) + 0.25 * np.log2(0.25))
    assert found.divergence == pytest.approx(entropy - 0.5)  # H(middle) less the mean of 1 bit and 0 bits
    expected = np.array([75, 25, 75, 25])
    statistic = ((np.array([50, 50, 100, 0]) - expected) ** 2 / expected).sum()
    assert found.p_value == pytest.approx(chisquare([50, 50, 100, 0], expected, ddof=2).pvalue)
    assert statistic == pytest.approx(200 / 3)


def test_pixels_of_black_and_white_images() -> None:
    images = np.zeros((2000, 1, 4, 4), np.uint8)
    images[1000:] = 255
    assert pixels(images) == pytest.approx((127.5, 127.5))


def test_features_that_moved_are_further_away_than_the_floor() -> None:
    random = np.random.default_rng(0)
    here, there = (random.normal(size=(400, 4)) for _ in range(2))
    same, moved = feature_drift(here, there), feature_drift(here, there + 1)
    assert same.count == 200 and same.floor == moved.floor and same.fcd < 3 * same.floor
    assert moved.fcd == pytest.approx(1, abs=0.3)  # 4 · 1² divided by the variance, 4


def test_the_balance_names_the_rarest_and_the_most_frequent_class() -> None:
    assert balance(["a", "b", "c"], [20, 30, 10]).text == (
        "3 classes with 10 ('c') to 30 ('b') examples, 3.00 times as many"
    )
    assert balance(["a", "b"], [0, 30]).text.endswith("and the first has none")
