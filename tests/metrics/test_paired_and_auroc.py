"""McNemar's test and the area under the ROC curve, against closed forms and scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from nashgan.metrics.auroc import auroc
from nashgan.metrics.paired import mcnemar


def test_mcnemar_counts_only_the_images_on_which_the_methods_differ() -> None:
    ours = np.array([True] * 5 + [False] * 0 + [True] * 100)
    theirs = np.array([False] * 5 + [True] * 100)
    assert mcnemar(ours, theirs) == pytest.approx(2 * 0.5**5)
    assert mcnemar(theirs, ours) == mcnemar(ours, theirs)
    assert mcnemar(ours, ours) == 1.0
    balanced = np.array([True, False] * 10)
    assert mcnemar(balanced, ~balanced) == 1.0


def test_auroc_is_that_of_scikit_learn_and_its_interval_holds_it() -> None:
    random = np.random.default_rng(0)
    inside = 0
    for _ in range(200):
        positive, negative = random.normal(1, 1, 60), random.normal(0, 1, 80)
        found = auroc(positive, negative)
        assert found.interval is not None and found.higher_is_better
        inside += found.interval[0] <= 0.7602499389065233 <= found.interval[1]  # Φ(1 / √2)
    assert 180 <= inside <= 198
    truth, scores = np.repeat([1, 0], [60, 80]), np.round(np.concatenate([positive, negative]), 1)  # with ties
    assert auroc(scores[:60], scores[60:]).value == pytest.approx(roc_auc_score(truth, scores))


def test_auroc_of_scores_that_separate() -> None:
    assert auroc(np.array([2.0, 3.0]), np.array([0.0, 1.0])).value == 1.0
    assert auroc(np.zeros(3), np.zeros(4)).value == 0.5
