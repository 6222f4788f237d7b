"""Which examples keep their labels: as many of each class, another draw for another seed, and what is refused."""

import numpy as np
import pytest

from nashgan.data.few_labels import draw_labelled
from nashgan.runtime.errors import UserError

LABELS = np.arange(60) % 3
CLASSES = ["a", "b", "c"]


def test_as_many_of_each_class_and_a_function_of_the_seed() -> None:
    drawn = draw_labelled(LABELS, CLASSES, 12, seed=0)
    assert np.bincount(LABELS[drawn]).tolist() == [4, 4, 4] and len(set(drawn)) == 12
    assert np.array_equal(drawn, draw_labelled(LABELS, CLASSES, 12, seed=0))
    assert not np.array_equal(drawn, draw_labelled(LABELS, CLASSES, 12, seed=1))


def test_the_rest_is_one_a_class() -> None:
    assert sorted(np.bincount(LABELS[draw_labelled(LABELS, CLASSES, 5, seed=0)]).tolist()) == [1, 2, 2]


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (61, "objective.labelled: 61 is more than the 60 labelled examples"),
        (2, "2 is less than one for each of the 3 classes"),
        (45, "45 asks for 15 of class 'c', the training split has 10"),
    ],
)
def test_more_than_there_are_is_refused(count: int, message: str) -> None:
    labels = np.where((LABELS == 2) & (np.arange(60) >= 30), 0, LABELS) if count == 45 else LABELS
    with pytest.raises(UserError, match=message):
        draw_labelled(labels, CLASSES, count, seed=0)
