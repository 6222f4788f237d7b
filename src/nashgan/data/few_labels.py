"""Which training examples keep their labels, where a training is told few: as many of each class, drawn by a seed."""

import numpy as np
from jaxtyping import Int64

from nashgan.runtime.errors import UserError
from nashgan.runtime.randomness import derive_seed

KEY = "params.yaml: objective.labelled"


def draw_labelled(
    labels: Int64[np.ndarray, " n"], classes: list[str], count: int, seed: int
) -> Int64[np.ndarray, " count"]:
    """The indices of `count` examples, in rising order, from each class ⌊`count` / classes⌋ or one more.

    Which classes have one more, and which examples are drawn, is a function of the seed and the labels. Raises
    UserError where a class has too few examples, or would have none.
    """
    if count > len(labels):
        raise UserError(f"{KEY}: {count} is more than the {len(labels)} labelled examples of the training split")
    if count < len(classes):
        raise UserError(f"{KEY}: {count} is less than one for each of the {len(classes)} classes")
    random = np.random.default_rng(derive_seed(seed, "labelled"))
    quotas = np.full(len(classes), count // len(classes))
    quotas[random.permutation(len(classes))[: count % len(classes)]] += 1
    drawn = []
    for label, quota in enumerate(quotas.tolist()):
        members = np.flatnonzero(labels == label)
        if quota > len(members):
            raise UserError(
                f"{KEY}: {count} asks for {quota} of class {classes[label]!r}, the training split has {len(members)}"
            )
        drawn.append(random.permutation(members)[:quota])
    return np.sort(np.concatenate(drawn)).astype(np.int64)
