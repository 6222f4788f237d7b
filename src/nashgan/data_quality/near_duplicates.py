"""Near-duplicates: pairs of different images that lie much closer to each other than images of this dataset do.

If one image of a pair is in the training split and the other in another split, then the held-out images are not new.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int64

from nashgan.metrics.neighbours import blocks

NEAR = 0.2  # share of the median distance from the nearest other image, below which two images are near-duplicates
MOST = 20_000  # images that are looked at


@dataclass(frozen=True)
class NearDuplicates:
    """The pairs, the closest first, as two indices each; their distances; the limit; how many images were looked at."""

    pairs: Int64[np.ndarray, "n 2"]
    distances: Float64[np.ndarray, " n"]
    limit: float
    looked_at: int


def near_duplicates(features: Float[np.ndarray, "n d"]) -> NearDuplicates:
    """The pairs of feature vectors that are nearer than `NEAR` times the median distance from the nearest other one.

    Distances are Euclidean. Each image is compared with the one nearest to it. Equal vectors are those of equal images,
    of which only the first counts; none are found among fewer than three.
    """
    first = np.sort(np.unique(features, axis=0, return_index=True)[1])
    if len(first) < 3:
        return NearDuplicates(np.empty((0, 2), np.int64), np.empty(0), 0.0, len(features))
    distinct = features[first]
    distances, nearest = np.empty(len(first)), np.empty(len(first), np.int64)
    for place, block in blocks(distinct, distinct, "near-duplicates"):
        squared, index = block.nearest(2)  # itself, which is at 0, and another
        distances[place], nearest[place] = np.sqrt(squared[:, 1]), index[:, 1]
    limit = NEAR * float(np.median(distances))
    close = np.flatnonzero(distances < limit)
    found = np.sort(np.stack([close, nearest[close]], axis=1), axis=1)
    pairs, once = np.unique(found, axis=0, return_index=True)  # both of a pair may name the other
    order = np.argsort(distances[close][once], kind="stable")
    return NearDuplicates(first[pairs[order]], distances[close][once][order], limit, len(features))
