"""Euclidean distances between feature vectors, a block of rows at a time, so that no N x N matrix is in memory."""

from collections.abc import Iterable, Iterator

import numpy as np
from jaxtyping import Float, Float64, Int64

from nashgan.metrics.moments import check_finite
from nashgan.runtime.errors import UserError

ROWS = 1024
ROUNDING = 1e-12  # a squared distance below this share of the squared norms counts as 0: it is rounding error


def distance_blocks(
    a: Float[np.ndarray, "n d"], b: Float[np.ndarray, "m d"], rows: int = ROWS
) -> Iterator[tuple[slice, Float64[np.ndarray, "r m"]]]:
    """Squared distances of up to `rows` vectors of `a` from all of `b`, with their place in `a`; 0 for equal vectors.

    They are computed as |x|² + |y|² - 2xy, in float64, after b's mean is subtracted from both.
    """
    centre = b.mean(axis=0, dtype=np.float64)
    y = b - centre
    norms = np.einsum("md,md->m", y, y)
    for start in range(0, len(a), rows):
        place = slice(start, min(start + rows, len(a)))
        x = a[place] - centre
        scale = np.einsum("nd,nd->n", x, x)[:, None] + norms
        squared = scale - 2 * (x @ y.T)
        squared[squared < ROUNDING * scale] = 0
        yield place, squared


def radii(features: Float[np.ndarray, "n d"], k: int) -> Float64[np.ndarray, " n"]:
    """Squared distance of each vector from its k-th nearest neighbour, not counting itself. n must be above k."""
    out = np.empty(len(features))
    for place, squared in distance_blocks(features, features):
        out[place] = np.partition(squared, k, axis=1)[:, k]  # itself is at 0
    return out


def nearest(
    queries: Float[np.ndarray, "n d"], blocks: Iterable[Float[np.ndarray, "_ d"]]
) -> tuple[Float64[np.ndarray, " n"], Int64[np.ndarray, " n"]]:
    """Distance of each query from the nearest of all vectors in `blocks`, and its index; the first one of equals."""
    best, index, seen = np.full(len(queries), np.inf), np.full(len(queries), -1), 0
    for block in blocks:
        for place, squared in distance_blocks(queries, block):
            found = squared.argmin(axis=1)
            values = squared[np.arange(len(found)), found]
            closer = values < best[place]
            best[place][closer] = values[closer]
            index[place][closer] = found[closer] + seen
        seen += len(block)
    if not seen:
        raise UserError("features: no training images to look for neighbours among")
    return np.sqrt(best), index


def check_neighbours(real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m d"], k: int) -> None:
    """Raise a UserError where a set is too small for k-th neighbours, or not finite."""
    if min(len(real), len(fake)) <= k:
        raise UserError(f"features: neighbours up to the {k}th need {k + 1} images a set, got {len(real)}, {len(fake)}")
    check_finite(real)
    check_finite(fake)
