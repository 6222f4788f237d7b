"""`benchmarks.metrics`: the degradations do what they say, and each image gets its own features."""

import numpy as np
import pytest
import torch
from benchmarks.degradations import blur, collapse, duplicate, noise
from benchmarks.metrics import features_once

from nashgan.features.network import FeatureNetwork
from nashgan.records.examples import Examples


def test_blur_keeps_the_ink_and_spreads_it() -> None:
    images = np.zeros((2, 1, 15, 15), np.uint8)
    images[0, 0, 7, 7] = 250
    blurred = blur(images, 1.0)
    assert blurred.dtype == np.uint8
    assert blurred[0, 0, 7, 7] == round(250 / (2 * np.pi), 0)  # the peak of a normal density of variance 1
    assert abs(int(blurred.astype(int).sum()) - 250) < 10  # rounding of some 40 pixels
    assert not blurred[1].any()  # nothing flows from image to image


def test_noise_has_its_spread_and_stays_in_range() -> None:
    grey = np.full((10, 1, 32, 32), 128, np.uint8)
    noisy = noise(grey, 20)
    assert noisy.astype(float).std() == pytest.approx(20, rel=0.03)
    assert (noisy == noise(grey, 20)).all()
    assert noise(np.zeros_like(grey), 20).max() < 128  # no wrap below 0


def test_collapse_leaves_one_image_of_a_label(digits: Examples) -> None:
    images, labels = digits.values[:200], np.asarray(digits.labels)[:200]
    collapsed = collapse(images, labels, 3)
    threes = labels == 3
    assert (collapsed[threes] == images[threes][0]).all()
    assert (collapsed[~threes] == images[~threes]).all()


def test_duplicates_are_a_tenth_ten_times(digits: Examples) -> None:
    images = digits.values[:100]
    copies = duplicate(images, 10)
    assert copies.shape == images.shape
    assert (copies[::10] == images[:10]).all() and (copies[9::10] == images[:10]).all()


def test_an_image_is_looked_at_once(digits: Examples) -> None:
    looked_at = []

    def brightness(images: torch.Tensor) -> torch.Tensor:
        looked_at.append(len(images))
        return images.float().mean(dim=(2, 3))

    network = FeatureNetwork("brightness", "", 1, "none", brightness, torch.device("cpu"), batch=1)
    known, twice, others = (Examples(digits.values[start : start + 20]) for start in (0, 10, 30))
    features = network.features(known.values)
    looked_at.clear()
    found = features_once(network, [twice.values, twice.values[::-1], others.values], (known.values, features))
    assert sum(looked_at) == 30  # of 50 different ones 20 are known
    for part, images in zip(found, (twice.values, twice.values[::-1], others.values), strict=True):
        assert (part[:, 0] == images.mean(axis=(1, 2, 3), dtype=np.float32)).all()
