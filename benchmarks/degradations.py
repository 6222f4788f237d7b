"""Real images made worse in known ways: pure functions on uint8 images."""

import numpy as np
from jaxtyping import Int64, UInt8
from scipy.ndimage import gaussian_filter

Images = UInt8[np.ndarray, "n c h w"]


def blur(images: Images, sigma: float) -> Images:
    """Convolve each image with a Gaussian of `sigma` pixels; black around it."""
    blurred = gaussian_filter(images.astype(np.float32), (0, 0, sigma, sigma), mode="constant")
    made: np.ndarray = blurred.round().clip(0, 255).astype(np.uint8)
    return made


def noise(images: Images, levels: float, seed: int = 0) -> Images:
    """Add Gaussian noise with a standard deviation of `levels` grey levels to each pixel, cut off at 0 and 255."""
    noisy = images + np.random.default_rng(seed).normal(0, levels, images.shape)
    made: np.ndarray = noisy.round().clip(0, 255).astype(np.uint8)
    return made


def collapse(images: Images, labels: Int64[np.ndarray, " n"], label: int) -> Images:
    """Every image of `label` becomes the first of them; raises IndexError where there is none."""
    of_label = labels == label
    made = images.copy()
    made[of_label] = images[of_label][0]
    return made


def duplicate(images: Images, times: int) -> Images:
    """The first images, each `times` times in a row: as many as before where `times` divides their number."""
    made: np.ndarray = images[: len(images) // times].repeat(times, axis=0)
    return made
