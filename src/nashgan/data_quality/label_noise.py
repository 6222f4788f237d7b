"""Doubtful labels: images whose label a classifier contradicts with confidence.

This is the simple form of confident learning (Northcutt et al., 2021, arXiv:1911.00068, eq. 1 and 2). The classifier
must not have learned from these labels, because it would then repeat them.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int64

from nashgan.metrics.interval import Estimate, share


@dataclass(frozen=True)
class LabelNoise:
    """The images with doubtful labels, the surest contradiction first: index, what each is taken for, how probably."""

    doubtful: Int64[np.ndarray, " m"]
    taken_for: Int64[np.ndarray, " m"]
    probability: Float[np.ndarray, " m"]
    share: Estimate  # of all images, with Wilson's interval


def label_noise(probabilities: Float[np.ndarray, "n k"], labels: Int64[np.ndarray, " n"]) -> LabelNoise:
    """The labels that a classifier contradicts, from the class probabilities that it gives to n >= 1 images.

    A class is possible for an image if its probability is at least the mean that the images labelled so have. Where the
    most probable of the possible classes is not the label, the label is doubtful.
    """
    classes = probabilities.shape[1]
    own = probabilities[np.arange(len(labels)), labels]
    counts = np.bincount(labels, minlength=classes)
    sums = np.bincount(labels, weights=own, minlength=classes)
    limits = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    possible = np.where(probabilities >= limits, probabilities, -1.0)
    taken = possible.argmax(axis=1)
    sure = possible.max(axis=1)
    doubtful = np.flatnonzero((sure >= 0) & (taken != labels))
    order = doubtful[np.argsort(-sure[doubtful], kind="stable")]
    return LabelNoise(order, taken[order], sure[order], share(len(order), len(labels)))
