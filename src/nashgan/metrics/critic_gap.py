"""The critic gap: whether the discriminator tells its training images from other real ones, that is, memorised them."""

import numpy as np
from jaxtyping import Float

from nashgan.metrics.interval import Estimate
from nashgan.metrics.two_sample_test import share_below


def critic_gap(train: Float[np.ndarray, " n"], held_out: Float[np.ndarray, " m"]) -> Estimate:
    """How often D gives a training image a higher logit than a held-out one; 0 … 1, and 1/2 if it tells nothing apart.

    Details: the p-value of the hypothesis that it cannot tell, and both mean logits. Raises UserError for fewer than
    two images in a set.
    """
    found = share_below(held_out, train)
    means = {"train": float(train.mean()), "held_out": float(held_out.mean())}
    return Estimate(found.share, found.interval, {"p_value": found.p_value, "logits": means})
