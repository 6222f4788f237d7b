"""Datasets: one source a file, fetching and splitting.

Imported from here: the registry, the only list of datasets, and the modules beside it. What an example is does not
belong here (spaces), nor how it is stored (records).
"""

from dataclasses import dataclass

from nashgan.runtime.registered import Registered


@dataclass(frozen=True)
class DatasetEntry(Registered):
    """A `Dataset` of nashgan.data.source, with the fact that is known without importing it."""

    space: str = "image"  # the space of its examples: a name in nashgan.spaces.SPACES
    official_test: bool = False  # whether it is published with a test set
    licence: str | None = None  # under which its publisher gives it away; None: not known, or the user's own data


MNIST = "CC BY-SA 3.0"
OWN = "none is needed: nashgan draws the examples itself"


DATASETS = {
    "mnist5k": DatasetEntry("nashgan.data.mnist5k:DATASET", licence=MNIST),
    "digits8": DatasetEntry("nashgan.data.digits8:DATASET", licence="CC BY 4.0"),
    "mnist": DatasetEntry("nashgan.data.mnist:MNIST", official_test=True, licence=MNIST),
    "fashion_mnist": DatasetEntry("nashgan.data.mnist:FASHION_MNIST", official_test=True, licence="MIT"),
    "stacked_mnist": DatasetEntry("nashgan.data.stacked_mnist:DATASET", licence=MNIST),
    "cifar10": DatasetEntry("nashgan.data.cifar10:DATASET", official_test=True),
    "celeba": DatasetEntry("nashgan.data.celeba:DATASET", licence="for research that is not commercial"),
    "folder": DatasetEntry("nashgan.data.folder:DATASET"),
    "gaussian1d": DatasetEntry("nashgan.data.mixtures:GAUSSIAN1D", "points", licence=OWN),
    "mixture1d": DatasetEntry("nashgan.data.mixtures:MIXTURE1D", "points", licence=OWN),
    "ring8": DatasetEntry("nashgan.data.mixtures:RING8", "points", licence=OWN),
    "grid25": DatasetEntry("nashgan.data.mixtures:GRID25", "points", licence=OWN),
    "spiral": DatasetEntry("nashgan.data.mixtures:SPIRAL", "points", licence=OWN),
    "points_file": DatasetEntry("nashgan.data.points_file:DATASET", "points"),
    "names": DatasetEntry("nashgan.data.names:DATASET", "text", licence="none: a work of the United States government"),
    "lines": DatasetEntry("nashgan.data.lines:DATASET", "text"),
    "sines": DatasetEntry("nashgan.data.sines:DATASET", "series", licence=OWN),
    "series_file": DatasetEntry("nashgan.data.series_file:DATASET", "series"),
    "moving_digits": DatasetEntry("nashgan.data.moving_digits:DATASET", "video", licence=MNIST),
    "moving_mnist": DatasetEntry("nashgan.data.moving_mnist:DATASET", "video"),
    "clips": DatasetEntry("nashgan.data.clips:DATASET", "video"),
}
