"""Are samples copies of training images? They are if they lie closer to them than held-out real images do.

The three-sample test of Meehan et al. 2020 (arXiv:2004.05675) without its cells. A share above 1/2 has two causes:
copies, or samples that lie in the midst of the training images, as blurred ones do in pixel space. So the worst pairs
are named, to be looked at; and the samples closer than every held-out image are counted, which blur alone rarely makes.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64, UInt8

from nashgan.metrics.interval import Estimate
from nashgan.metrics.neighbours import nearest
from nashgan.metrics.two_sample_test import share_below

PAIRS = 8  # worst pairs named
PIXELS = 32  # a side; larger images are averaged down, finer detail is noise to a distance in pixel space
BLOCK = 4096  # training images at a time


def memorisation(
    samples: Float[np.ndarray, "n d"],
    held_out: Float[np.ndarray, "m d"],
    train: Float[np.ndarray, "t d"],
    places: Int64[np.ndarray, " t"] | None = None,
) -> Estimate:
    """How often a sample is closer to its nearest training image than a held-out image to its own; see `compare`.

    `places` are the training images' numbers, where they are but a part of the training split.
    """
    blocks = [train[start : start + BLOCK] for start in range(0, len(train), BLOCK)]
    distances, neighbours = nearest(samples, blocks)
    return compare(distances, neighbours if places is None else places[neighbours], nearest(held_out, blocks)[0])


def pixel_memorisation(
    samples: UInt8[np.ndarray, "n c h w"], held_out: UInt8[np.ndarray, "m c h w"], train: UInt8[np.ndarray, "t c h w"]
) -> Estimate:
    """As `memorisation`, by root mean square differences of pixels in 0 … 1 at 32 pixels a side or fewer."""

    def blocks() -> Iterator[Float32[np.ndarray, "_ d"]]:
        return (pixels(train[start : start + BLOCK]) for start in range(0, len(train), BLOCK))

    distances, neighbours = nearest(pixels(samples), blocks())
    return compare(distances, neighbours, nearest(pixels(held_out), blocks())[0])


def compare(
    distances: Float64[np.ndarray, " n"], neighbours: Int64[np.ndarray, " n"], held_out: Float64[np.ndarray, " m"]
) -> Estimate:
    """The share of pairs of a sample and a held-out image in which the sample is closer, 1/2 for unseen real images.

    Details: the p-value of "not closer", how many samples are closer than every held-out image, and the worst pairs:
    sample, nearest training image, distance. Raises UserError for fewer than two samples or held-out images.
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


def pixels(images: UInt8[np.ndarray, "n c h w"]) -> Float32[np.ndarray, "n d"]:
    """Pixels in 0 … 1 over √d, so that a Euclidean distance is a root mean square; averaged down to 32 a side."""
    n, c, h, w = images.shape
    factor = -(-max(h, w) // PIXELS)
    if factor > 1:
        height, width = h // factor, w // factor  # what does not fill a block at the border is left out
        cut = images[:, :, : height * factor, : width * factor]
        values = cut.reshape(n, c, height, factor, width, factor).mean(axis=(3, 5), dtype=np.float32)
    else:
        values = images.astype(np.float32)
    d = c * values.shape[2] * values.shape[3]
    flat: Float32[np.ndarray, "n d"] = values.reshape(n, d) / np.float32(255 * np.sqrt(d))
    return flat
