"""The motion of clips, where it is known exactly."""

import math

import numpy as np
import pytest

from nashgan.metrics.motion import bounces, centres_of_mass, distances, motion_distance, motions


def dots(places: list[tuple[int, int]], size: int = 16) -> np.ndarray:
    """A clip with one white pixel at each of the places (down, right)."""
    clip = np.zeros((1, len(places), 1, size, size), np.uint8)
    for time, (down, right) in enumerate(places):
        clip[0, time, 0, down, right] = 255
    return clip


def test_the_centre_of_mass_is_weighted_by_brightness() -> None:
    clip = np.zeros((1, 2, 3, 5, 5), np.uint8)
    clip[0, 0, :, 1, 1], clip[0, 0, :, 1, 4] = 50, 100
    assert centres_of_mass(clip)[0].tolist() == [[1, 3], [2, 2]]  # the second frame is black


def test_speed_direction_and_bounces_of_a_dot() -> None:
    clip = dots([(5, 1), (8, 5), (11, 9), (8, 13), (11, 9)])  # 3 down, 4 right; then up; then down and left
    assert motions(clip)[0] == pytest.approx([5, math.atan2(3, 4), 3])


def test_small_steps_are_no_bounces() -> None:
    steps = np.array([[1.0, -0.2, 1.0, 0.2, -1.0], [0.1, -0.1, 0.1, -0.1, 0.1], [-0.3, 0.3, -0.3, 0.0, 0.3]])
    assert bounces(steps).tolist() == [1, 0, 3]


def test_a_shift_of_one_quantity_by_its_deviation_is_a_distance_of_one() -> None:
    real = np.random.default_rng(0).normal(size=(500, 3)) * [1, 2, 3]
    shifted = real + np.array([0, 1, 0]) * real.std(axis=0)
    found = distances(real, shifted)
    assert found == pytest.approx({"speed": 0, "direction": 1, "bounces": 0})
    assert motion_distance(real, shifted).value == pytest.approx(1 / 3)


def test_equal_motions_are_at_no_distance_even_where_nothing_moves() -> None:
    still = motions(dots([(3, 3)] * 4).repeat(50, axis=0))
    estimate = motion_distance(still, still)
    assert (estimate.value, estimate.interval) == (0, (0, 0))


def test_the_interval_holds_the_distance_of_other_clips_of_the_same_kind() -> None:
    random = np.random.default_rng(0)
    real, one, other = (random.normal(size=(1000, 3)) + shift for shift in (0, 0.5, 0.5))
    interval = motion_distance(real, one).interval
    assert interval is not None
    assert interval[0] < motion_distance(real, other).value < interval[1]
