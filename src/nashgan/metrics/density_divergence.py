"""The Jensen-Shannon divergence of samples from a density that is known, over cells whose probability is known."""

import math

import numpy as np
from jaxtyping import Float

from nashgan.metrics.interval import Estimate, normal_interval

Edges = list[Float[np.ndarray, " _"]]


def jensen_shannon(p: Float[np.ndarray, "..."], q: Float[np.ndarray, "..."]) -> float:
    """(KL(p ‖ m) + KL(q ‖ m)) / 2 in bits, m = (p + q) / 2, of two histograms with sum 1: 0 … 1 (Lin, 1991)."""
    middle = (p + q) / 2
    parts = [float(one[one > 0] @ np.log2(one[one > 0] / middle[one > 0])) for one in (p, q)]
    return sum(parts) / 2


def shares_of_cells(points: Float[np.ndarray, "n d"], edges: Edges) -> Float[np.ndarray, " cells"]:
    """The share of points in each cell; the last value is the share outside of all cells."""
    counts, _ = np.histogramdd(points, edges)
    inside = counts.ravel() / len(points)
    return np.append(inside, max(0.0, 1 - inside.sum()))


def divergence(points: Float[np.ndarray, "n d"], probabilities: Float[np.ndarray, "..."], edges: Edges) -> Estimate:
    """The divergence of the points' histogram from the cells' `probabilities`, in bits, with its 95 % interval.

    A histogram of few points diverges from the density by chance. So the value is read beside its floor, that of as
    many real points.
    """
    p = np.append(probabilities.ravel(), max(0.0, 1 - float(probabilities.sum())))
    q = shares_of_cells(points, edges)
    there = q > 0
    influence = np.log2(q[there] / ((p + q) / 2)[there]) / 2  # of a point in each cell, up to a constant
    mean = float(q[there] @ influence)
    error = math.sqrt(max(float(q[there] @ np.square(influence)) - mean**2, 0.0) / len(points))
    value = jensen_shannon(p, q)
    return Estimate(value, normal_interval(value, error, 0.0, 1.0))
