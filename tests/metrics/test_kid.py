"""The kernel distance against torch-fidelity's on the same features, and its unbiasedness."""

import numpy as np
import pytest
import torch
from torch_fidelity.metric_kid import kernel_mmd, kid_features_to_metric

from nashgan.metrics import kid as module
from nashgan.metrics.interval import standard_error
from nashgan.metrics.kid import kid, mmd
from nashgan.runtime.errors import UserError

KERNEL = {"kid_kernel": "poly", "kid_kernel_poly_degree": 3, "kid_kernel_poly_gamma": None, "kid_kernel_poly_coef0": 1}


def features(seed: int, count: int, dim: int = 16, shift: float = 0.0) -> np.ndarray:
    made: np.ndarray = np.abs(np.random.default_rng(seed).standard_normal((count, dim)) + shift)
    return made


def test_mmd_of_subsets_is_torch_fidelitys() -> None:
    x, y = features(0, 70), features(1, 50, shift=0.3)
    random = np.random.default_rng(2)
    picks = [(random.choice(70, 20, replace=False), random.choice(50, 20, replace=False)) for _ in range(5)]
    of_x, of_y = np.zeros((5, 70), bool), np.zeros((5, 50), bool)
    for row, (i, j) in enumerate(picks):
        of_x[row, i], of_y[row, j] = True, True
    values, _ = mmd(x, y, of_x, of_y)
    np.testing.assert_allclose(values, [kernel_mmd(x[i], y[j], **KERNEL) for i, j in picks], rtol=1e-10)
    assert mmd(x[:50], y)[0][0] == pytest.approx(kernel_mmd(x[:50], y, **KERNEL), rel=1e-10)


def test_mean_over_subsets_is_torch_fidelitys() -> None:
    """Drawn differently, so within their spread; the whole set is the same number."""
    x, y = features(0, 400), features(1, 400, shift=0.2)
    theirs = kid_features_to_metric(
        torch.from_numpy(x), torch.from_numpy(y), kid_subsets=100, kid_subset_size=200, verbose=False, **KERNEL
    )
    ours = kid(x, y)
    assert (ours.subsets, ours.size) == (100, 200)
    deviation = theirs["kernel_inception_distance_std"]
    assert ours.mean == pytest.approx(theirs["kernel_inception_distance_mean"], abs=4 * deviation / 10)
    assert ours.standard_error == pytest.approx(deviation, rel=0.3)  # half of the set: the factor is 1


def test_unbiased_at_any_size() -> None:
    """The mean over many small sets of one distribution is 0, and that of a shifted one what a large set gives."""
    for shift in (0.0, 0.3):
        small = [mmd(features(2 * i, 12), features(2 * i + 1, 12, shift=shift))[0][0] for i in range(500)]
        large = mmd(features(0, 2000), features(1, 2000, shift=shift))[0][0]
        assert np.mean(small) == pytest.approx(large, abs=4 * np.std(small) / np.sqrt(500) + 0.01)


def test_errors_are_the_spread() -> None:
    real = features(0, 200)
    runs = [kid(real, features(seed, 200, shift=0.3), subsets=20) for seed in range(1, 80)]
    whole = [mmd(real, features(seed, 200, shift=0.3))[0][0] for seed in range(1, 80)]
    assert np.mean([run.samples_error for run in runs]) == pytest.approx(np.std(whole), rel=0.25)
    both = [mmd(features(2 * i + 1000, 200), features(2 * i + 1001, 200, shift=0.3))[0][0] for i in range(80)]
    assert np.mean([run.standard_error for run in runs]) == pytest.approx(np.std(both), rel=0.3)


def test_large_sets_take_the_subsets_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = features(0, 90), features(1, 80, shift=0.3)
    whole = kid(x, y, subsets=30, size=20)
    monkeypatch.setattr(module, "WHOLE", 10)
    parts = kid(x, y, subsets=30, size=20)
    assert (parts.mean, parts.standard_error) == pytest.approx((whole.mean, whole.standard_error), rel=1e-9)
    assert parts.samples_error == parts.standard_error


def test_order_of_equal_sets_and_constant_features() -> None:
    x, y = features(0, 60), features(1, 60)
    assert mmd(x[::-1], y[::-1])[0][0] == pytest.approx(mmd(x, y)[0][0], rel=1e-9)
    assert mmd(x, x)[0][0] < 0  # unbiased, so below 0 where the sets share their noise
    point = np.ones((8, 3))
    found = kid(point, point)
    assert (found.mean, found.standard_error, found.samples_error) == pytest.approx((0, 0, 0), abs=1e-12)
    values, influences = mmd(point, point + 1)
    assert values[0] == pytest.approx((1 + 1) ** 3 + (4 + 1) ** 3 - 2 * (2 + 1) ** 3)
    assert standard_error(influences) == pytest.approx(0)


def test_what_cannot_be_measured_is_refused() -> None:
    good = features(0, 20)
    broken = good.copy()
    broken[4, 1] = np.nan
    for real, fake, message in (
        (good, broken, "row 4"),
        (good[:3], good, "at least four .* got 3"),
        (good, good[:0], "got 0"),
    ):
        with pytest.raises(UserError, match=message):
            kid(real, fake)
