"""Two methods on the same examples: whether one is right more often than the other by more than chance."""

import numpy as np
from jaxtyping import Bool
from scipy.stats import binomtest


def mcnemar(ours: Bool[np.ndarray, " n"], theirs: Bool[np.ndarray, " n"]) -> float:
    """The two-sided p-value of McNemar's exact test (1947): 1 where the methods are right on the same examples.

    Of the examples on which only one method is right, each is as likely ours as theirs if the methods are equally good.
    """
    only_ours, only_theirs = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    if not only_ours + only_theirs:
        return 1.0
    return float(binomtest(only_ours, only_ours + only_theirs, 0.5).pvalue)
