"""Memorisation: whether samples lie closer to training images than held-out real images do. Then they may be copies.

This is the three-sample test of Meehan et al. 2020 (arXiv:2004.05675) without its cells. A share above 1/2 has two
possible causes: copies, or samples in the middle of the training images, such as blurred images in pixel space. To tell
them apart, the closest pairs are listed for people to look at. The samples that are closer than every held-out image
are counted too; blur alone rarely makes one.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64, Shaped

from nashgan.metrics.interval import Estimate
from nashgan.metrics.neighbours import nearest
from nashgan.metrics.two_sample_test import share_below

PAIRS = 8  # the closest pairs are listed, so many


def memorisation(
    samples: Float[np.ndarray, "n d"],
    held_out: Float[np.ndarray, "m d"],
    train: Float[np.ndarray, "t d"],
    places: Int64[np.ndarray, " t"] | None = None,
) -> Estimate:
    """How often a sample is closer to its nearest training image than a held-out image is to its own; see `compare`.

    Where `train` is only a part of the training split, `places` are its images' indices in the split.
    """
    distances, neighbours = nearest(samples, train)
    return compare(distances, neighbours if places is None else places[neighbours], nearest(held_out, train)[0])


def vector_memorisation(
    samples: Shaped[np.ndarray, "n ..."],
    held_out: Shaped[np.ndarray, "m ..."],
    train: Shaped[np.ndarray, "t ..."],
    to_vectors: Callable[[np.ndarray], Float32[np.ndarray, "_ d"]],
) -> Estimate:
    """As `memorisation`, by the distances of vectors: `to_vectors` turns a block of examples into them."""
    distances, neighbours = nearest(samples, train, to_vectors)
    return compare(distances, neighbours, nearest(held_out, train, to_vectors)[0])


def compare(
    distances: Float64[np.ndarray, " n"], neighbours: Int64[np.ndarray, " n"], held_out: Float64[np.ndarray, " m"]
) -> Estimate:
    """The share of pairs of a sample and a held-out image in which the sample is closer; 1/2 for unseen real images.

    Details: the p-value of the hypothesis that samples are not closer; how many samples are closer than every held-out
    image; the closest pairs, each with sample, nearest training image and distance. Raises UserError for fewer than two
    samples or held-out images.
    """
    found = share_below(distances, held_out)
    order = np.argsort(distances, kind="stable")[:PAIRS]
    details: dict[str, Any] = {
        "p_value": found.p_value,
        "closer_than_all_held_out": int((distances < held_out.min()).sum()),
        "held_out": len(held_out),
        "pairs": [{"sample": int(i), "train": int(neighbours[i]), "distance": float(distances[i])} for i in order],
    }
    return Estimate(found.share, found.interval, details)
