"""Modes of a known mixture: how many are found, how evenly, and how near the samples are to them.

The definitions are those of VEEGAN (Srivastava et al., 2017, section 4.1) and PacGAN (Lin et al., 2018, section 4.1).
"""

import math

import numpy as np
from jaxtyping import Float, Int64

from nashgan.metrics.interval import Estimate, normal_interval, share

NEAR = 3  # standard deviations of a mode within which a sample is of high quality

Points = Float[np.ndarray, "_ d"]


def nearest_modes(points: Points, centres: Points) -> tuple[Int64[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """For each point the nearest centre and the distance from it."""
    distances = np.linalg.norm(points[:, None, :].astype(np.float64) - centres, axis=2)
    nearest: Int64[np.ndarray, " n"] = distances.argmin(axis=1)
    return nearest, distances.min(axis=1)


def modes_found(points: Points, centres: Points, deviation: float) -> Estimate:
    """The number of modes with at least one point within three standard deviations; no interval, for it is a count."""
    nearest, distance = nearest_modes(points, centres)
    return Estimate(float(len(np.unique(nearest[distance <= NEAR * deviation]))), None, higher_is_better=True)


def high_quality(points: Points, centres: Points, deviation: float) -> Estimate:
    """The share of points within three standard deviations of the nearest mode, 0 … 1.

    Of points from the mixture itself 99.7 % are in one dimension, 98.9 % in two.
    """
    _, distance = nearest_modes(points, centres)
    return share(int((distance <= NEAR * deviation).sum()), len(points))


def reverse_kl(points: Points, centres: Points) -> Estimate:
    """KL(q ‖ p) in nats: q is the share of points nearest to each mode, p the equal share that each mode has.

    0 where all modes are equally frequent, the logarithm of their number where there is only one.
    """
    nearest, _ = nearest_modes(points, centres)
    shares = np.bincount(nearest, minlength=len(centres)) / len(points)
    there = shares > 0
    logarithms = np.log(shares[there] * len(centres))
    value = float(shares[there] @ logarithms)
    # the influence of a point of mode k on q ↦ Σ q log(q K) is log(q_k K), up to a constant
    variance = float(shares[there] @ np.square(logarithms)) - value**2
    error = math.sqrt(max(variance, 0.0) / len(points))
    return Estimate(value, normal_interval(value, error, lowest=0.0))
