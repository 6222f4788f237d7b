"""Clips: how they are stored, what the players see, files and pictures of them."""

import io

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence

from nashgan.records.examples import ExampleFormat
from nashgan.spaces import space_of
from nashgan.spaces.video import VideoSpace

SPACE = VideoSpace(4, 1, 8)
CLIPS = np.random.default_rng(0).integers(0, 256, (3, 4, 1, 8, 8), np.uint8)


def test_the_players_see_channels_before_frames() -> None:
    seen = SPACE.to_players(torch.from_numpy(CLIPS))
    assert seen.shape == (3, *SPACE.shape) == (3, 1, 4, 8, 8)
    assert seen[1, 0, 2, 3, 4] == pytest.approx(CLIPS[1, 2, 0, 3, 4] / 127.5 - 1)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_way_to_the_players_and_back_changes_nothing(channels: int) -> None:
    space = VideoSpace(5, channels, 8)
    clips = np.random.default_rng(1).integers(0, 256, (2, *space.format.shape), np.uint8)
    assert np.array_equal(space.from_players(space.to_players(torch.from_numpy(clips))), clips)
    assert space_of(space.format) == space


def test_one_frame_of_each_clip_goes_round_all_frames() -> None:
    frames = SPACE.one_image_each(CLIPS, first=3)
    assert np.array_equal(frames, np.stack([CLIPS[0, 3], CLIPS[1, 0], CLIPS[2, 1]]))
    assert np.array_equal(SPACE.all_images(CLIPS)[5], CLIPS[1, 1])


def test_the_file_is_an_animated_gif_with_every_frame() -> None:
    with Image.open(io.BytesIO(SPACE.encode(CLIPS[0])), formats=["GIF"]) as image:
        frames = [np.asarray(frame.convert("L")) for frame in ImageSequence.Iterator(image)]
    assert np.array_equal(np.stack(frames), CLIPS[0, :, 0])


def test_a_picture_is_a_row_of_frames_and_a_grid_a_row_a_clip() -> None:
    picture, grid = SPACE.picture(CLIPS[0]), np.asarray(SPACE.grid(CLIPS, 8))
    assert picture.size == (4 * 9 - 1, 8)
    assert grid.shape == (3 * 9 - 1, 4 * 9 - 1)
    assert np.array_equal(grid[9:17, 18:26], CLIPS[1, 2, 0])


def test_the_distance_of_vectors_is_a_root_mean_square() -> None:
    space = VideoSpace(4, 3, 32)
    black, grey = (np.full((1, *space.format.shape), value, np.uint8) for value in (0, 51))
    assert np.linalg.norm(space.to_vectors(grey) - space.to_vectors(black)) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((4, 1, 8, 9), "uint8"), ((4, 1, 8, 8), "float32"), ((1, 1, 8, 8), "uint8"), ((4, 2, 8, 8), "uint8")],
)
def test_other_examples_are_no_clips(shape: tuple[int, ...], dtype: str) -> None:
    with pytest.raises(ValueError, match="clips"):
        VideoSpace.of(ExampleFormat.model_validate({"space": "video", "shape": shape, "dtype": dtype}))
