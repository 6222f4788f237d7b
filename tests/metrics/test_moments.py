"""Streamed Gaussian moments against numpy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nashgan.metrics.moments import StreamingMoments, moments
from nashgan.runtime.errors import UserError


@given(
    st.integers(2, 60), st.integers(1, 9), st.lists(st.integers(0, 60), max_size=5), st.sampled_from([0.0, 1e3, -1e6])
)
def test_any_batches_give_numpys_covariance(count: int, dim: int, cuts: list[int], offset: float) -> None:
    features = np.random.default_rng(count).standard_normal((count, dim)) + offset
    stream = StreamingMoments(dim)
    for piece in np.split(features, sorted(min(cut, count) for cut in cuts)):
        stream.update(piece)
    result = stream.finish()
    exact = np.cov(features - offset, rowvar=False).reshape(dim, dim)
    np.testing.assert_allclose(result.mean - offset, (features - offset).mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(result.covariance, exact, rtol=1e-9, atol=1e-11)
    assert result.count == count
    assert np.array_equal(result.covariance, result.covariance.T)


def test_float32_features_are_accumulated_in_float64() -> None:
    features = (np.random.default_rng(0).standard_normal((5000, 3)) + 1000).astype(np.float32)
    exact = np.cov(features.astype(np.float64), rowvar=False)
    np.testing.assert_allclose(moments(features, batch=7).covariance, exact, rtol=1e-12)


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_features_are_refused(count: int) -> None:
    with pytest.raises(UserError, match=f"at least two feature vectors, got {count}"):
        moments(np.zeros((count, 3)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_non_finite_features_are_refused_by_row(value: float) -> None:
    features = np.zeros((5, 3))
    features[3, 1] = value
    with pytest.raises(UserError, match=r"1 of 5 rows .*first: row 3"):
        moments(features)


def test_other_dimensions_are_refused() -> None:
    with pytest.raises(UserError, match="must have 3 dimensions"):
        StreamingMoments(3).update(np.zeros((2, 4)))
