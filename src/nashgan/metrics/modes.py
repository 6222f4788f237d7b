"""Modes of images whose c channels each show one of k classes: how many of the kᶜ combinations occur, and how evenly.

This is the evaluation of Stacked MNIST (Metz et al. 2016, arXiv:1611.02163; Lin et al. 2018, arXiv:1712.04086). More
samples show more modes, so only counts from equal numbers of samples compare. Most published counts are from 26,000.
"""

import math

import numpy as np
from jaxtyping import Int64

from nashgan.metrics.class_histogram import class_kl
from nashgan.metrics.interval import Estimate, normal_interval
from nashgan.runtime.errors import UserError


def joined_labels(of_channels: Int64[np.ndarray, "n c"], classes: int) -> Int64[np.ndarray, " n"]:
    """The mode that an image belongs to: the label whose digits are the classes of its channels."""
    return of_channels @ classes ** np.arange(of_channels.shape[1])[::-1]


def mode_count(predicted: Int64[np.ndarray, "n c"], classes: int) -> Estimate:
    """How many modes the images show, of classes ** c; higher is better.

    Let f₁ modes be seen once, f₂ twice and S in all. Then about u = f₁(f₁ - 1) / 2(f₂ + 1) further modes exist (Chao
    1984), and S has the variance u S / (S + u) - f₁² / n. This is exact where all modes are equally likely, and nearly
    exact elsewhere. It is too small where almost no mode is left to find. Raises UserError where there is no image.
    """
    if not len(predicted):
        raise UserError("images: none to count the modes of")
    total = classes ** predicted.shape[1]
    counts = np.bincount(joined_labels(predicted, classes), minlength=total)
    found, once, twice = int((counts > 0).sum()), int((counts == 1).sum()), int((counts == 2).sum())
    unseen = min(once * (once - 1) / (2 * (twice + 1)), total - found)
    error = math.sqrt(max(0.0, unseen * found / (found + unseen) - once**2 / len(predicted)))
    return Estimate(float(found), normal_interval(found, error, 1, min(total, len(predicted))), {"of": total}, True)


def mode_kl(real: Int64[np.ndarray, "n c"], predicted: Int64[np.ndarray, "m c"], classes: int) -> Estimate:
    """KL(modes of the images ‖ modes of real ones) in nats, computed by `class_kl`; 0 is equal, lower is better.

    For m samples it is above 0 even for real images, by about (modes - 1) / 2m. Raises UserError where a set is empty.
    """
    names = [str(mode) for mode in range(classes ** predicted.shape[1])]
    found = class_kl(joined_labels(real, classes), joined_labels(predicted, classes), names)
    return Estimate(found.value, found.interval)
