"""The benchmark of generated data as training data: what a row says, and what is joined."""

import numpy as np
from benchmarks.generated_data import answers_right, joined, row

from nashgan.records.examples import Examples


def test_a_row_has_the_mean_with_its_interval_each_seed_and_the_paired_gain() -> None:
    beside = np.zeros((2, 100), bool)
    beside[:, :80] = True
    right = beside.copy()
    right[0, 80:90] = True  # ten more, with one of two seeds
    assert row("both", right, beside).startswith("| both | 85.0 (76.7 to 90.7) | 90.0, 80.0 | +5.0 (+2.0 to +8.0) |")
    assert row("real", beside, None).endswith("| 80.0, 80.0 | – |")


def test_both_sets_are_trained_on_and_others_are_tested(digits: Examples) -> None:
    assert digits.labels is not None
    some, more = (Examples(digits.values[a : a + 64], digits.labels[a : a + 64]) for a in (0, 64))
    both = joined(some, more)
    assert len(both) == 128 and both.labels is not None and np.array_equal(both.labels, digits.labels[:128])
    names = [str(digit) for digit in range(10)]
    right = answers_right(both, more, names, images=2400, seeds=1)
    assert right.shape == (1, 64) and right.mean() > 0.3
