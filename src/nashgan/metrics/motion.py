"""How far the motion in two sets of clips is apart: in speed, in direction and in how often it turns round.

The motion of a clip is that of its centre of mass: the mean of the pixels' places, weighted by brightness. So it says
most about bright things that move on a dark ground.
"""

import numpy as np
from jaxtyping import Float, UInt8
from scipy.stats import wasserstein_distance

from nashgan.metrics.interval import Estimate
from nashgan.metrics.jackknife import grouped_jackknife

QUANTITIES = ("speed", "direction", "bounces")  # columns of `motions`
LEAST_STEP = 0.25  # pixels along an axis; a smaller step has no direction that counts

Motions = Float[np.ndarray, "_ 3"]


def centres_of_mass(clips: UInt8[np.ndarray, "n t c h w"]) -> Float[np.ndarray, "n t 2"]:
    """The places (down, right) of the centre of mass in each frame, in pixels; the middle for a black frame."""
    weights = clips.sum(axis=2, dtype=np.float64)  # n t h w
    whole = weights.sum(axis=(2, 3))
    places = []
    for axis, size in ((3, clips.shape[3]), (2, clips.shape[4])):
        sums = weights.sum(axis=axis) @ np.arange(size)
        places.append(np.divide(sums, whole, out=np.full_like(whole, (size - 1) / 2), where=whole > 0))
    return np.stack(places, axis=2)


def motions(clips: UInt8[np.ndarray, "n t c h w"]) -> Motions:
    """Of each clip: the mean speed in pixels a frame, the direction of the first step in radians, and the bounces.

    A step is the way of the centre of mass from one frame to the next. A bounce is a change of sign between two
    consecutive steps along one axis; steps of less than `LEAST_STEP` along this axis are left out.
    """
    steps = np.diff(centres_of_mass(clips), axis=1)
    speed = np.linalg.norm(steps, axis=2).mean(axis=1)
    direction = np.arctan2(steps[:, 0, 0], steps[:, 0, 1])
    return np.stack([speed, direction, bounces(steps[..., 0]) + bounces(steps[..., 1])], axis=1)


def bounces(steps: Float[np.ndarray, "n t"]) -> Float[np.ndarray, " n"]:
    """How often the sign of the steps along one axis changes."""
    signs = np.where(np.abs(steps) < LEAST_STEP, 0, np.sign(steps))
    counts = np.zeros(len(signs))
    last = signs[:, 0]
    for now in signs[:, 1:].T:
        counts += last * now < 0
        last = np.where(now == 0, last, now)
    return counts


def distances(real: Motions, fake: Motions) -> dict[str, float]:
    """The Wasserstein-1 distance of each quantity, divided by its standard deviation in `real`; 0 is equal.

    A quantity that is the same in all real clips is not divided.
    """
    scales = real.std(axis=0)
    return {
        name: float(wasserstein_distance(one, other) / (scale or 1.0))
        for name, one, other, scale in zip(QUANTITIES, real.T, fake.T, scales, strict=True)
    }


def motion_distance(real: Motions, fake: Motions) -> Estimate:
    """The mean of the three `distances`, with its 95 % interval."""

    def mean(some: Motions) -> float:
        return float(np.mean(list(distances(real, some).values())))

    return grouped_jackknife(mean, fake, lowest=0.0)
