"""AUROC: how often a score is higher for one kind of examples than for another."""

import numpy as np
from jaxtyping import Float

from nashgan.metrics.interval import Estimate
from nashgan.metrics.two_sample_test import share_below


def auroc(positive: Float[np.ndarray, " m"], negative: Float[np.ndarray, " n"]) -> Estimate:
    """P(score of a positive > score of a negative), ties counted half: the area under the ROC curve.

    The interval is that of DeLong et al. (1988), equation 5. Raises UserError as `share_below`.
    """
    found = share_below(negative, positive)
    return Estimate(found.share, found.interval, higher_is_better=True)
