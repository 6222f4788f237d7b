"""How well images were restored: beside the true ones, and by themselves.

All images are bytes (n, c, h, w). Clips are (n, frames, c, h, w); the values of a clip's frames are averaged first.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Float, Float64, UInt8
from skimage.filters import sobel
from skimage.metrics import structural_similarity

from nashgan.metrics.interval import Estimate, mean

Images = UInt8[np.ndarray, "n *frames c h w"]
OF_A_PICTURE = (-3, -2, -1)  # axes
CLOSEST = 1e-6  # the least mean squared error that is told apart: 60 dB


def psnr(restored: Images, true: Images) -> Estimate:
    """The mean peak signal-to-noise ratio in dB, of images whose white is 1: -10·log10 of the mean squared error."""
    return decibels(np.square((restored.astype(np.float64) - true) / 255).mean(axis=OF_A_PICTURE))


def decibels(errors: Float[np.ndarray, "n *frames"], closest: float = CLOSEST) -> Estimate:
    """The mean PSNR in dB from each image's mean squared error; an error below `closest` counts as `closest`."""
    return _mean(-10 * np.log10(np.maximum(errors.astype(np.float64), closest)))


def ssim(restored: Images, true: Images) -> Estimate:
    """The mean structural similarity, 1 for equal images (Wang et al., 2004), with the paper's Gaussian windows."""
    pairs = zip(_pictures(restored), _pictures(true), strict=True)
    values = [
        structural_similarity(  # type: ignore[no-untyped-call]
            one, other, data_range=255, channel_axis=0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
        for one, other in pairs
    ]
    return _mean(np.array(values).reshape(restored.shape[:-3]), lowest=-1, highest=1)


def edge_sharpness(images: Images) -> Estimate:
    """The mean magnitude of the gradient, brightness of 0 to 1 a pixel, by Sobel's filter; blurred images have less."""
    brightness = _pictures(images).mean(axis=1, dtype=np.float64) / 255
    slopes = [sobel(image).mean() / np.sqrt(2) for image in brightness]  # type: ignore[no-untyped-call]
    return _mean(np.array(slopes).reshape(images.shape[:-3]), lowest=0)


def pixel_difference(images: Images, others: Images) -> Estimate:
    """The mean absolute difference of the pixels of pairs of images whose white is 1. Lower is better."""
    found = _mean(np.abs(images.astype(np.float64) - others).mean(axis=OF_A_PICTURE) / 255, lowest=0)
    return replace(found, higher_is_better=False)


def variety(answers: UInt8[np.ndarray, "k n *frames c h w"]) -> Estimate:
    """The mean root mean square difference, of images whose white is 1, between `k` answers to the same image."""
    values = answers.astype(np.float64) / 255
    pairs = [(i, j) for i in range(len(values)) for j in range(i)]
    distances = [np.sqrt(np.square(values[i] - values[j]).mean(axis=OF_A_PICTURE)) for i, j in pairs]
    return _mean(np.mean(distances, axis=0), lowest=0)


def _pictures(examples: Images) -> UInt8[np.ndarray, "_ c h w"]:
    """The images, or the frames of all clips."""
    return examples.reshape(-1, *examples.shape[-3:])


def _mean(values: Float64[np.ndarray, "n *frames"], lowest: float = -np.inf, highest: float = np.inf) -> Estimate:
    """The mean over images or clips with its interval."""
    return mean(values.reshape(len(values), -1).mean(axis=1), lowest, highest)
