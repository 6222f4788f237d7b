"""Near-duplicates: a copy with a little noise is found, whatever the scale, and images that only look alike are not."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nashgan.data_quality.near_duplicates import NEAR, near_duplicates


def vectors(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 16)).astype(np.float32)


@settings(max_examples=20, deadline=None)
@given(scale=st.floats(1e-3, 1e3), seed=st.integers(0, 99))
def test_a_copy_with_little_noise_is_found_at_any_scale(scale: float, seed: int) -> None:
    images = vectors(60, seed)
    copies = images[[7, 3]] + np.array([[1e-3], [1e-2]], np.float32)
    found = near_duplicates(np.float32(scale) * np.concatenate([images, copies]))
    assert found.pairs.tolist() == [[7, 60], [3, 61]]  # the closest first
    assert (np.diff(found.distances) > 0).all() and found.distances[-1] < found.limit
    assert found.looked_at == 62


def test_a_pair_just_beyond_the_limit_is_none() -> None:
    corners = np.arange(40, dtype=np.float32)[:, None] * np.array([100, 0], np.float32)  # 100 from the next one
    for distance, count in ((100 * NEAR * 0.99, 1), (100 * NEAR * 1.01, 0)):
        copy = corners[:1] + np.array([0, distance], np.float32)
        assert len(near_duplicates(np.concatenate([corners, copy])).pairs) == count


def test_equal_images_count_once() -> None:
    images = vectors(20)
    assert len(near_duplicates(np.concatenate([images, images])).pairs) == 0


def test_among_two_images_none_is_looked_for() -> None:
    assert len(near_duplicates(vectors(2)).pairs) == 0
