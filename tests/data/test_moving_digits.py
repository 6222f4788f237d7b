"""Clips of moving digits: a function of their number alone, and the motion that the module promises."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from dataset_cases import source

from nashgan.data.moving_digits import CLIPS, SUBPIXELS, halved, moved, reflected, trajectory
from nashgan.metrics.motion import centres_of_mass
from nashgan.runtime.errors import UserError
from nashgan.spaces.video import VideoSpace

SPACE = VideoSpace(16, 1, 32)


@pytest.mark.parametrize(("digits", "channels", "classes"), [(1, 1, 10), (2, 3, 55)])
def test_clips_have_the_class_of_their_digits(tmp_path: Path, digits: int, channels: int, classes: int) -> None:
    made = [source("moving_digits", tmp_path, image_size=32, digits=digits, channels=channels) for _ in range(2)]
    first, again = (np.array(list(itertools.islice(one.examples, 60))) for one in made)
    assert first.shape == (60, 16, channels, 32, 32)
    assert np.array_equal(first, again)
    assert made[0].classes is not None and made[0].labels is not None
    assert (len(made[0].classes), len(made[0].labels)) == (classes, CLIPS)
    assert made[0].labels[:60].tolist() == [index % classes for index in range(60)]


def test_a_small_frame_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"data\.image_size: moving_digits needs 28 pixels, got 24"):
        source("moving_digits", tmp_path, image_size=24)


def test_four_pixels_become_their_rounded_mean() -> None:
    assert halved(np.array([[[1, 2, 0, 0], [3, 4, 0, 1]]], np.uint8)).tolist() == [[[3, 0]]]


def test_a_way_between_two_walls() -> None:
    assert reflected(np.arange(-2, 9), 3).tolist() == [2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2]


def test_the_speed_stays_within_its_bounds_between_bounces() -> None:
    for seed in range(50):
        places = trajectory(18, np.random.default_rng(seed))
        assert places.min() >= 0 and places.max() <= 18 * SUBPIXELS
        speeds = np.linalg.norm(np.diff(places, axis=0), axis=1) / SUBPIXELS
        assert speeds.max() == pytest.approx(speeds.max().clip(0.9, 2.1))


def test_a_digit_is_drawn_between_pixels() -> None:
    digit = np.full((14, 14), 200, np.uint8)
    places = np.array([[0, 0], [16 * 18, 16 * 18], [8, 20]])
    clip = moved(digit, places, VideoSpace(3, 1, 32))
    assert clip[0, :14, :14].min() == 200 and clip[1, 18:, 18:].min() == 200
    assert clip[2, 0, 5] == 100 and clip[2, 5, 1] == 150 and clip[2, 14, 5] == 100 and clip[2, 5, 15] == 50
    assert centres_of_mass(clip[None, :, None])[0] - 6.5 == pytest.approx(places / SUBPIXELS, abs=0.01)
