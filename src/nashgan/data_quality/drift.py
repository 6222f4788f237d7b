"""Drift: in what the training images of two versions of a dataset differ."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8
from scipy.stats import chi2_contingency

from nashgan.metrics.frechet import distances_from


@dataclass(frozen=True)
class ClassDrift:
    """How much the proportions of the classes differ.

    `divergence` is the Jensen-Shannon divergence in bits: 0 for equal proportions, 1 where no class is in both. The
    p-value is that of Pearson's chi-square test of equal proportions.
    """

    divergence: float
    p_value: float


def class_drift(here: dict[str, int], there: dict[str, int]) -> ClassDrift:
    """The drift between two versions with examples, from the number of examples of each class by name."""
    names = [name for name in {**here, **there} if here.get(name, 0) + there.get(name, 0)]
    counts = np.array([[version.get(name, 0) for name in names] for version in (here, there)], dtype=np.float64)
    shares = counts / counts.sum(axis=1, keepdims=True)
    middle = shares.mean(axis=0)
    bits = np.where(shares > 0, shares * np.log2(np.where(shares > 0, shares, 1) / middle), 0).sum(axis=1)
    p_value = float(chi2_contingency(counts, correction=False).pvalue) if len(names) > 1 else 1.0
    return ClassDrift(max(0.0, float(bits.mean())), p_value)


def pixels(images: UInt8[np.ndarray, "n ..."]) -> tuple[float, float]:
    """Mean and standard deviation of all pixels, from 0 to 255, of at least one image; a few images at a time."""
    histogram = np.zeros(256)
    for start in range(0, len(images), 1024):
        histogram += np.bincount(np.asarray(images[start : start + 1024]).ravel(), minlength=256)
    values, shares = np.arange(256), histogram / histogram.sum()
    mean = float(values @ shares)
    return mean, float(np.sqrt((values - mean) ** 2 @ shares))


@dataclass(frozen=True)
class FeatureDrift:
    """The Fréchet distance of two versions in the classifier's features, and that of two halves of one version."""

    fcd: float
    floor: float
    count: int  # images of each side


def feature_drift(here: Float[np.ndarray, "n d"], there: Float[np.ndarray, "m d"]) -> FeatureDrift:
    """fcd between the first images of both versions, and between as many other images of `here`: its floor.

    Images of a split come in a random order, so the first are a fair sample. There must be four images of `here` and
    two of `there`.
    """
    count = min(len(here) // 2, len(there))
    distance = distances_from(here[:count], normalised=True)
    return FeatureDrift(distance(there[:count]), distance(here[count : 2 * count]), count)
