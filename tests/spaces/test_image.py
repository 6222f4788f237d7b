"""Images: bytes to the players' numbers and back, and vectors whose distances are root mean squares."""

import numpy as np
import pytest
import torch

from nashgan.records.examples import Examples
from nashgan.spaces.image import ImageSpace


def test_pixels_are_rounded_and_cut_off() -> None:
    values = torch.tensor([-9.0, -1.0, -1 + 0.4 / 127.5, -1 + 0.6 / 127.5, 0.0, 1 - 0.6 / 127.5, 1.0, 9.0])
    assert ImageSpace(1, 4).from_players(values.view(1, 1, 2, 4)).ravel().tolist() == [0, 0, 0, 1, 128, 254, 255, 255]


def test_every_pixel_value_survives() -> None:
    pixels, space = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16), ImageSpace(1, 16)
    players = space.to_players(pixels)
    assert torch.equal(players, pixels.float().div(127.5).sub(1))
    assert np.array_equal(space.from_players(players), pixels.numpy())


def test_pixels_are_root_mean_squares(digits: Examples) -> None:
    black, white = np.zeros((2, 1, 3, 40, 40), np.uint8) + np.array([0, 255], np.uint8)[:, None, None, None, None]
    for size in (8, 32, 40):
        to_vectors = ImageSpace(3, size).to_vectors
        difference = to_vectors(white[..., :size, :size]) - to_vectors(black[..., :size, :size])
        assert np.linalg.norm(difference) == pytest.approx(1)
    halved = ImageSpace(1, 64).to_vectors(digits.values[:2].repeat(2, axis=2).repeat(2, axis=3))
    np.testing.assert_allclose(halved, ImageSpace(1, 32).to_vectors(digits.values[:2]), rtol=1e-6)
    assert ImageSpace(1, 8).to_vectors(np.zeros((0, 1, 8, 8), np.uint8)).shape == (0, 64)
