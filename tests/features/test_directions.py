"""Directions of the largest change, where they are known."""

import numpy as np
import pytest

from nashgan.features.directions import latent_directions

Z = np.random.default_rng(0).normal(size=(400, 3)).astype(np.float32)
SIZES = np.array([1.0, 5.0, 3.0])  # how far the examples move along each latent number


def test_the_largest_change_comes_first_and_what_z_does_not_explain_is_left_out() -> None:
    rotation, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(6, 6)))
    noise = 4 * np.random.default_rng(2).normal(size=(400, 1))  # not of z, and larger than the last two
    vectors = np.concatenate([Z * SIZES, noise, 0 * Z[:, :2]], axis=1) @ rotation
    found = latent_directions(Z, vectors, 4)
    np.testing.assert_allclose(np.abs(found), np.eye(3)[[1, 2, 0]], atol=0.1)


def test_no_direction_is_a_class() -> None:
    labels = np.arange(400) % 2
    far = 100.0 * labels[:, None] * np.ones((1, 3))
    alone, among = latent_directions(Z, Z * SIZES, 1), latent_directions(Z, Z * SIZES + far, 1, labels)
    assert abs(float(alone[0] @ among[0])) == pytest.approx(1, abs=1e-3)


def test_examples_that_are_all_equal_have_no_direction() -> None:
    assert latent_directions(Z, np.ones((400, 5)), 4).shape == (0, 3)
