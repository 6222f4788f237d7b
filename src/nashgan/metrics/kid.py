"""Kernel Inception distance (Bińkowski et al. 2018, arXiv:1801.01401): squared MMD by the kernel (xᵀy / d + 1)³.

It is unbiased at any number of images, unlike a Fréchet distance. It may be slightly negative for very similar sets.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64

from nashgan.metrics.feature_metric import PAIRS_OF, FeatureMetric, Features
from nashgan.metrics.interval import Estimate, normal_interval, standard_error
from nashgan.metrics.moments import check_finite
from nashgan.runtime.errors import UserError
from nashgan.runtime.progress import progress
from nashgan.runtime.randomness import derive_seed

SUBSETS, SIZE = 100, 1000  # the paper's values
WHOLE = 10_000  # up to so many images, each kernel value is computed once and shared by the subsets
ROWS = 1024  # of the kernel matrix that are in memory at a time


@dataclass(frozen=True)
class Kid:
    """The mean over the subsets, with two standard errors.

    `standard_error` is for drawing both sets again, `samples_error` for drawing only the samples again. The second is
    not computed for more than 10,000 images; there it equals the first.
    """

    mean: float
    standard_error: float
    samples_error: float
    subsets: int
    size: int  # images a subset


def kid(
    real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m d"], subsets: int = SUBSETS, size: int = SIZE
) -> Kid:
    """KID over `subsets` seeded pairs of subsets of `size` images, but at most of half of the smaller set.

    A subset of m images out of n is drawn without repetition, so its standard deviation is √(1/m - 1/n) times that of
    one image. The standard error is scaled accordingly to all n. Raises UserError where a set has fewer than four
    images or is not finite.
    """
    smaller = min(len(real), len(fake))
    if smaller < 4:
        raise UserError(f"features: the kernel distance needs at least four feature vectors a set, got {smaller}")
    check_finite(real)
    check_finite(fake)
    size = min(size, smaller // 2)
    random = np.random.default_rng(derive_seed(0, "kid"))
    members = [_draw(random, len(features), subsets, size) for features in (real, fake)]
    if max(len(real), len(fake)) <= WHOLE:
        values, influences = mmd(real, fake, *members)
    else:
        pairs = zip(*members, strict=True)
        found = []
        with progress("kernel", subsets, unit="subsets") as advance:
            for of_real, of_fake in pairs:
                found.append(mmd(real[of_real], fake[of_fake])[0])
                advance(1)
        values, influences = np.concatenate(found), None
    error = float(values.std(ddof=1)) * math.sqrt(size / (smaller - size))
    return Kid(float(values.mean()), error, error if influences is None else standard_error(influences), subsets, size)


def mmd(
    real: Float[np.ndarray, "n d"],
    fake: Float[np.ndarray, "m d"],
    of_real: Bool[np.ndarray, "s n"] | None = None,
    of_fake: Bool[np.ndarray, "s m"] | None = None,
) -> tuple[Float64[np.ndarray, " s"], Float64[np.ndarray, " m"]]:
    """Unbiased squared MMD of each pair of subsets, and the influence of each sample on the MMD of all images.

    A row of a mask selects a subset; None stands for one subset with all images. Every kernel value is computed once,
    `ROWS` rows at a time. A subset's sums are two products with its mask.
    """
    of_real = np.ones((1, len(real)), bool) if of_real is None else of_real
    of_fake = np.ones((1, len(fake)), bool) if of_fake is None else of_fake
    real_real, _ = _sums(real, real, of_real, of_real, diagonal=False)
    fake_fake, near_fake = _sums(fake, fake, of_fake, of_fake, diagonal=False)
    fake_real, near_real = _sums(fake, real, of_fake, of_real, diagonal=True)
    n, m = of_real.sum(axis=1), of_fake.sum(axis=1)
    values = real_real / (n * (n - 1)) + fake_fake / (m * (m - 1)) - 2 * fake_real / (n * m)
    return values, 2 * (near_fake / (len(fake) - 1) - near_real / len(real))


def _sums(
    a: Float[np.ndarray, "n d"],
    b: Float[np.ndarray, "m d"],
    of_a: Bool[np.ndarray, "s n"],
    of_b: Bool[np.ndarray, "s m"],
    diagonal: bool,
) -> tuple[Float64[np.ndarray, " s"], Float64[np.ndarray, " n"]]:
    """The kernel's sum over each pair of subsets, and over each row. Without `diagonal` the diagonal counts as 0."""
    x, y = a.astype(np.float64), b.astype(np.float64)
    weights = of_b.T.astype(np.float64)
    sums, rows = np.zeros(len(of_a)), np.empty(len(a))
    with progress("kernel", len(a), unit="vectors") as advance:
        for start in range(0, len(a), ROWS):
            place = slice(start, min(start + ROWS, len(a)))
            kernel = (x[place] @ y.T / a.shape[1] + 1) ** 3
            if not diagonal:
                kernel[np.arange(len(kernel)), np.arange(place.start, place.stop)] = 0
            sums += ((kernel @ weights).T * of_a[:, place]).sum(axis=1)
            rows[place] = kernel.sum(axis=1)
            advance(len(kernel))
    return sums, rows


def _draw(random: np.random.Generator, count: int, subsets: int, size: int) -> Bool[np.ndarray, "s n"]:
    members = np.zeros((subsets, count), bool)
    for row in members:
        row[random.choice(count, size, replace=False)] = True
    return members


def _measure(real: Features, fake: Features, normalised: bool) -> dict[str, Estimate]:
    found = kid(real, fake)
    details = {"standard_error": found.standard_error, "subsets": found.subsets, "subset_size": found.size}
    return {"kernel": Estimate(found.mean, normal_interval(found.mean, found.samples_error), details)}


METRIC = FeatureMetric(_measure, {"kernel": "kernel=poly3"}, lambda dim: 4, PAIRS_OF)
