"""n-grams: counts and divergences that are known by hand."""

import math

import numpy as np
import pytest

from nashgan.metrics.ngrams import (
    ORDERS,
    distinct,
    jensen_shannon_of_codes,
    lengths,
    measure,
    ngram_codes,
    ngram_jsd,
    ngram_jsd_4,
    novel,
)


def rows(*lines: list[int], length: int = 5) -> np.ndarray:
    return np.array([line + [0] * (length - len(line)) for line in lines], np.uint8)


def test_a_line_of_l_characters_has_l_plus_3_minus_n_ngrams() -> None:
    line = rows([3, 1, 2])
    assert [len(ngram_codes(line, n)) for n in ORDERS] == [4, 4, 3, 2]  # a start mark alone is no 1-gram
    assert len(ngram_codes(rows([7]), 4)) == 0
    assert len(ngram_codes(rows([1] * 5), 4)) == 4


def test_equal_ngrams_have_equal_numbers_whatever_the_length() -> None:
    short, long = rows([3, 1, 2], length=3), rows([3, 1, 2], length=9)
    for n in ORDERS:
        assert np.array_equal(np.sort(ngram_codes(short, n)), np.sort(ngram_codes(long, n)))
        assert len(np.unique(ngram_codes(rows([1, 2], [2, 1]), n))) == [3, 6, 4, 2][n - 1]


def test_the_divergence_of_known_distributions() -> None:
    one, other = np.array([1, 1, 2, 2]), np.array([2, 2, 3, 3])
    assert jensen_shannon_of_codes(one, other) == pytest.approx(0.5)  # half of each is where the other is not
    p, q = (0.75, 0.25), (0.25, 0.75)
    by_hand = sum(a * math.log2(a / 0.5) for a in p) / 2 + sum(a * math.log2(a / 0.5) for a in q) / 2
    assert jensen_shannon_of_codes(np.array([1, 1, 1, 2]), np.array([1, 2, 2, 2])) == pytest.approx(by_hand)
    assert jensen_shannon_of_codes(one, one) == 0
    assert jensen_shannon_of_codes(one, other + 9) == pytest.approx(1)
    nothing = np.zeros(0, np.int64)
    assert (jensen_shannon_of_codes(one, nothing), jensen_shannon_of_codes(nothing, nothing)) == (1, 0)


def test_the_same_lines_have_no_divergence_and_unlike_ones_the_largest() -> None:
    one, other = rows([1, 2, 1], [1, 1, 2]), rows([3, 3, 3], [4, 4, 4])
    for n in (2, 3, 4):
        assert ngram_jsd(one, one, n) == 0
        assert ngram_jsd(one, other, n) == pytest.approx(1)
    assert ngram_jsd(one, other, 1) < 1  # both have end marks
    assert ngram_jsd_4(one, other) == ngram_jsd(one, other, 4)


def test_lengths_and_shares() -> None:
    fake, train = rows([1], [1], [2, 3], [], [1, 2, 3, 4, 5]), rows([1], [2])
    assert lengths(fake).tolist() == [1, 1, 2, 0, 5]
    assert distinct(fake).value == 4 / 5 and distinct(fake).interval is None
    assert novel(train, fake).value == 3 / 5
    low, high = novel(train, fake).interval or (1, 0)
    assert low < 3 / 5 < high


def test_every_metric_has_an_interval_but_distinct() -> None:
    random = np.random.default_rng(0)
    real, fake = (random.integers(1, 4, (400, 6), dtype=np.uint8) for _ in range(2))
    found = measure(real, fake, real)
    assert list(found) == [*(f"ngram_jsd_{n}" for n in ORDERS), "length_jsd", "distinct", "novel"]
    for name, estimate in found.items():
        if name == "distinct":
            continue
        low, high = estimate.interval or (1.0, 0.0)
        assert 0 <= low <= estimate.value <= high <= 1, name
    assert found["length_jsd"].value == 0


def test_the_interval_covers_what_other_samples_give() -> None:
    random = np.random.default_rng(1)
    real = random.integers(1, 6, (500, 6), dtype=np.uint8)
    drawn = [random.integers(1, 6, (500, 6), dtype=np.uint8) for _ in range(40)]
    values = np.array([ngram_jsd(real, fake, 2) for fake in drawn])
    low, high = measure(real, drawn[0], real)["ngram_jsd_2"].interval or (0, 0)
    assert 0.5 < (high - low) / (2 * 1.96 * values.std()) < 2
