"""How well a classifier tells two held-out sets apart: a two-sample test (Lopez-Paz and Oquab, 2017)."""

import numpy as np
from jaxtyping import Float
from scipy.stats import binomtest

from nashgan.metrics.interval import Estimate, share
from nashgan.metrics.two_sample_test import share_below

UNDECIDED = 0.5  # accuracy and area for two sets of one distribution


def judged(real: Float[np.ndarray, " n"], fake: Float[np.ndarray, " n"]) -> dict[str, Estimate]:
    """Accuracy and area under the ROC curve of logits of equally many examples, none of which was trained on.

    0.5 means that the sets were not told apart, 1 that they always were. `p_value` is one-sided: how likely at least
    this value is for two sets of one distribution, by the binomial and by the U test. Raises UserError for fewer than
    two numbers a set, or for such as are not finite.
    """
    area = share_below(fake, real)
    hits, count = int((real > 0).sum() + (fake <= 0).sum()), len(real) + len(fake)
    accuracy = share(hits, count, {"p_value": float(binomtest(hits, count, UNDECIDED, alternative="greater").pvalue)})
    return {
        "judge_accuracy": Estimate(accuracy.value, accuracy.interval, accuracy.details),
        "judge_auroc": Estimate(area.share, area.interval, {"p_value": area.p_value}),
    }
