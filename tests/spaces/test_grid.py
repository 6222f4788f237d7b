from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nashgan.spaces.grid import BACKGROUND, at_most, image_grid, save_png


@given(
    count=st.integers(0, 7),
    channels=st.sampled_from([1, 3]),
    columns=st.integers(1, 5),
    scale=st.integers(1, 3),
    padding=st.integers(0, 2),
)
def test_every_pixel_is_in_its_place(count: int, channels: int, columns: int, scale: int, padding: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (count, channels, 3, 4), dtype=np.uint8)
    grid = image_grid(images, columns, scale, padding)
    shown, rows = np.atleast_3d(np.asarray(grid)), max(1, -(-count // columns))
    across = min(columns, max(1, count))
    assert grid.mode == {1: "L", 3: "RGB"}[channels]
    assert shown.shape[:2] == (rows * 3 * scale + (rows - 1) * padding, across * 4 * scale + (across - 1) * padding)
    unused = np.ones(shown.shape[:2], bool)
    for index, image in enumerate(images):
        top, left = index // columns * (3 * scale + padding), index % columns * (4 * scale + padding)
        cell = (slice(top, top + 3 * scale), slice(left, left + 4 * scale))
        np.testing.assert_array_equal(shown[cell], np.kron(image.transpose(1, 2, 0), np.ones((scale, scale, 1))))
        unused[cell] = False
    assert (shown[unused] == BACKGROUND).all()


@pytest.mark.parametrize(("channels", "columns", "scale"), [(2, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_no_grid_of_nonsense(channels: int, columns: int, scale: int) -> None:
    with pytest.raises(ValueError, match="no grid"):
        image_grid(np.zeros((1, channels, 2, 2), np.uint8), columns, scale)


def test_png_gives_the_same_pixels_back_and_leaves_nothing_beside(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (4, 3, 8, 8), dtype=np.uint8)
    grid = image_grid(images, 2)
    save_png(tmp_path / "new" / "grid.png", grid)
    with Image.open(tmp_path / "new" / "grid.png") as image:
        np.testing.assert_array_equal(np.asarray(image), np.asarray(grid))
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["grid.png"]


def test_a_picture_is_made_smaller_only_where_it_is_too_wide() -> None:
    grid = image_grid(np.zeros((64, 3, 128, 128), np.uint8), 8)
    assert at_most(grid, 1031) is grid
    assert at_most(grid, 544).size == (544, 544)
    assert at_most(Image.new("L", (2000, 1)), 544).size == (544, 1)
