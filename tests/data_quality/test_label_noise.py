"""Doubtful labels: exchanged labels are found where the classifier is sure; its doubt contradicts none."""

import numpy as np
import pytest

from nashgan.data_quality.label_noise import label_noise


def test_exchanged_labels_are_found_and_the_surest_comes_first() -> None:
    labels = np.repeat(np.arange(3), 10)
    probabilities = np.full((30, 3), 0.05)
    probabilities[np.arange(30), labels] = 0.9
    given = labels.copy()
    given[[4, 25]] = 2, 0
    probabilities[25] = 0.01, 0.01, 0.98
    found = label_noise(probabilities, given)
    assert found.doubtful.tolist() == [25, 4] and found.taken_for.tolist() == [2, 0]
    assert found.probability.tolist() == pytest.approx([0.98, 0.9])
    assert found.share.value == pytest.approx(2 / 30)


def test_a_wrong_answer_below_what_the_class_usually_gets_is_no_contradiction() -> None:
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.1, 0.9], [0.6, 0.4]])
    found = label_noise(probabilities, np.array([0, 0, 1, 1, 1]))
    assert len(found.doubtful) == 0  # class 0 usually gets 0.9
    probabilities[4] = 0.95, 0.05
    assert label_noise(probabilities, np.array([0, 0, 1, 1, 1])).doubtful.tolist() == [4]


def test_a_class_without_images_is_never_possible() -> None:
    probabilities = np.array([[0.2, 0.1, 0.7], [0.1, 0.2, 0.7]])
    assert len(label_noise(probabilities, np.array([0, 1])).doubtful) == 0
