"""Metrics of restored images, beside truth in closed form."""

from collections.abc import Callable

import numpy as np
import pytest

from nashgan.metrics.interval import Estimate
from nashgan.metrics.restoration import edge_sharpness, psnr, ssim, variety

DIGITS = np.random.default_rng(0).integers(0, 200, (5, 1, 16, 16), np.uint8)


def test_a_constant_error_has_its_psnr() -> None:
    found = psnr(DIGITS + np.uint8(51), DIGITS)  # a fifth of white: 20·log10(5) dB
    assert found.value == pytest.approx(13.9794, abs=1e-4)
    assert found.interval == pytest.approx((found.value, found.value))


def test_equal_images_have_the_highest_values() -> None:
    assert psnr(DIGITS, DIGITS).value == pytest.approx(60)
    assert ssim(DIGITS, DIGITS).value == pytest.approx(1)


def test_a_ramp_is_as_steep_as_it_is_and_a_blurred_image_less_sharp() -> None:
    ramp = np.tile(np.arange(0, 160, 10, dtype=np.uint8), (2, 1, 16, 1))
    assert edge_sharpness(ramp).value == pytest.approx(10 / 255 * 15 / 16)  # half as steep in the two outer columns
    blurred = (DIGITS // 2 + np.roll(DIGITS, 1, axis=3) // 2).astype(np.uint8)
    assert edge_sharpness(blurred).value < edge_sharpness(DIGITS).value


def test_variety_is_the_distance_between_answers() -> None:
    answers = np.stack([np.zeros_like(DIGITS), np.full_like(DIGITS, 255)])
    assert variety(answers).value == pytest.approx(1)
    assert variety(np.stack([DIGITS, DIGITS])).value == 0


@pytest.mark.parametrize("metric", [psnr, ssim, lambda one, other: edge_sharpness(one)])
def test_of_a_clip_the_values_of_its_frames_are_averaged(metric: Callable[[np.ndarray, np.ndarray], Estimate]) -> None:
    true = np.stack([DIGITS, DIGITS[::-1]], axis=1)
    made = np.minimum(true + np.arange(2, dtype=np.uint8)[None, :, None, None, None] * 40, 255)
    of_frames = [metric(made[:, frame], true[:, frame]).value for frame in (0, 1)]
    found = metric(made, true)
    assert found.value == pytest.approx(np.mean(of_frames))
    assert found.interval is not None
    assert variety(np.stack([made, made])).value == 0
