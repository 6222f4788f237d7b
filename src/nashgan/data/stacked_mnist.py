"""Stacked MNIST: three random digits as the red, green and blue channel of an image, which makes 10³ classes.

Metz et al. 2016 (arXiv:1611.02163), Srivastava et al. 2017 (arXiv:1705.07761), Lin et al. 2018 (arXiv:1712.04086). It
serves to count modes: a classifier of digits says which digit each channel shows; see `nashgan.metrics.modes`.
"""

from pathlib import Path

import numpy as np

from nashgan.data import mnist, mnist5k
from nashgan.data.params import DataParams
from nashgan.data.source import Dataset, Source, image_space
from nashgan.runtime.errors import UserError
from nashgan.runtime.randomness import derive_seed

STACKS = 70_000  # as many as MNIST has digits: about 70 for each class; the training split holds two sets of 26,000


def is_embedded(data: DataParams) -> bool:
    """Whether the digits are those of `mnist5k`: neither data.root nor data.mirror names a place for MNIST's files."""
    return not (data.root or data.mirror)


def load(data: DataParams, base: Path) -> Source:
    """`STACKS` triples of digits, drawn with repetition by a fixed seed; the label of 3, 0, 7 is 307.

    The digits are those of `mnist5k` where they are embedded, else of `mnist`; the manifest says which. A digit stands
    in many stacks, so held-out stacks are new combinations of digits seen in training. Raises UserError for
    another number of channels, and where those datasets do.
    """
    if data.channels not in (None, 3):
        raise UserError("params.yaml: data.channels: stacked_mnist has three, a digit in each; set 3 or null")
    name, load_digits = ("mnist5k", mnist5k.load) if is_embedded(data) else ("mnist", mnist.load_mnist)
    source = load_digits(data.model_copy(update={"channels": 1}), base)
    assert source.labels is not None and source.classes is not None
    digits, labels = np.concatenate(list(source.examples)), source.labels
    drawn = np.random.default_rng(derive_seed(0, "stacked_mnist")).integers(0, len(digits), (STACKS, 3))
    return Source(
        count=STACKS,
        format=image_space(data, 3).format,
        examples=(digits[stack] for stack in drawn),
        labels=labels[drawn] @ np.array([100, 10, 1]),
        classes=tuple(f"{number:03d}" for number in range(1000)),
        origin={"digits": name, "channel_classes": list(source.classes), **source.origin},
    )


DATASET = Dataset(load, needs_no_download=is_embedded)
