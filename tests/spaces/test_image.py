"""Images: bytes to the players' numbers and back, and vectors whose distances are root mean squares."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from nashgan.records.examples import ExampleFormat, Examples
from nashgan.spaces import space_of
from nashgan.spaces.alpha import over_page
from nashgan.spaces.image import ImageSpace


def test_pixels_are_rounded_and_cut_off() -> None:
    values = torch.tensor([-9.0, -1.0, -1 + 0.4 / 127.5, -1 + 0.6 / 127.5, 0.0, 1 - 0.6 / 127.5, 1.0, 9.0])
    pixels = ImageSpace(1, 2, 4).from_players(values.view(1, 1, 2, 4))
    assert pixels.ravel().tolist() == [0, 0, 0, 1, 128, 254, 255, 255]


def test_fewer_levels_are_evenly_spaced_and_the_nearest_is_taken() -> None:
    every = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    for levels, expected in ((2, {0, 255}), (4, {0, 85, 170, 255}), (255, {*range(256)})):
        space = ImageSpace(1, 16, 16, levels)
        stored = space.quantised(every.numpy())
        assert len(np.unique(stored)) == levels and set(np.unique(stored).tolist()) <= expected
        assert np.abs(stored.astype(int) - every.numpy()).max() <= 255 / (levels - 1) / 2 + 0.5
        assert np.array_equal(space.quantised(stored), stored)
        assert np.array_equal(space.from_players(space.to_players(torch.from_numpy(stored))), stored)
        assert space_of(space.format) == space and space.format.levels == levels
    assert ImageSpace(1, 16, 16, 2).quantised(every.numpy()).ravel().tolist() == [0] * 128 + [255] * 128
    assert ImageSpace(1, 16, 16).format.levels is None
    assert ImageSpace(1, 16, 16, 2).described == "16 × 16, grey, 2 levels"


def test_images_with_alpha_are_shown_as_such_and_in_grids_over_white() -> None:
    space = ImageSpace(4, 2, 3)
    players = torch.full((2, 4, 2, 3), -1.0)
    players[1, 3], players[1, 0] = 1.0, 0.0  # the first is transparent, the second a dark red
    images = space.from_players(players)
    assert images[0, :, 0, 0].tolist() == [255, 255, 255, 0] and images[1, :, 0, 0].tolist() == [128, 0, 0, 255]
    with Image.open(io.BytesIO(space.encode(images[1]))) as png:
        assert (png.mode, png.size, png.getpixel((2, 1))) == ("RGBA", (3, 2), (128, 0, 0, 255))
    grid = space.grid(images, 2)
    assert (grid.mode, grid.size) == ("RGB", (7, 2))
    assert grid.getpixel((0, 0)) == (255, 255, 255) and grid.getpixel((4, 0)) == (128, 0, 0)


def test_over_the_page_is_the_mean_of_colour_and_white_by_alpha() -> None:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (5, 4, 6, 7), np.uint8)
    images[:, 3, 0] = 0
    over = over_page(torch.from_numpy(images)).numpy()
    alpha = images[:, 3:] / 255
    assert np.abs(over - (images[:, :3] * alpha + 255 * (1 - alpha))).max() <= 0.5 + 1e-9
    assert (over[:, :, 0] == 255).all()
    grey = torch.from_numpy(images[:, :1])
    assert over_page(grey) is grey


@pytest.mark.parametrize("shape", [(1, 8), (65, 8, 8), (1, 4097, 8)])
def test_what_is_no_image_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="images"):
        space_of(ExampleFormat(space="image", shape=shape, dtype="uint8"))


def test_every_pixel_value_survives() -> None:
    pixels, space = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16), ImageSpace(1, 16, 16)
    players = space.to_players(pixels)
    assert torch.equal(players, pixels.float().div(127.5).sub(1))
    assert np.array_equal(space.from_players(players), pixels.numpy())


def test_pixels_are_root_mean_squares(digits: Examples) -> None:
    black, white = np.zeros((2, 1, 3, 40, 40), np.uint8) + np.array([0, 255], np.uint8)[:, None, None, None, None]
    for size in (8, 32, 40):
        to_vectors = ImageSpace(3, size, size).to_vectors
        difference = to_vectors(white[..., :size, :size]) - to_vectors(black[..., :size, :size])
        assert np.linalg.norm(difference) == pytest.approx(1)
    halved = ImageSpace(1, 64, 64).to_vectors(digits.values[:2].repeat(2, axis=2).repeat(2, axis=3))
    np.testing.assert_allclose(halved, ImageSpace(1, 32, 32).to_vectors(digits.values[:2]), rtol=1e-6)
    assert ImageSpace(1, 8, 8).to_vectors(np.zeros((0, 1, 8, 8), np.uint8)).shape == (0, 64)
