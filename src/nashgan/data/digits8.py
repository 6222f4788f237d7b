"""1,797 handwritten digits of 8 × 8 pixels (UCI, Alpaydin and Kaynak, 1998), which the package scikit-learn carries.

A digit fills its 8 × 8 pixels. As MNIST has its digits, it is enlarged to 20 × 20 pixels and gets a black border.
"""

from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image
from sklearn import datasets

from nashgan.data.params import DataParams
from nashgan.data.source import Dataset, Source, file_origin, image_space
from nashgan.spaces.fitting import fit_digit
from nashgan.spaces.image import ImageSpace

CLASSES = tuple("0123456789")
SIDE = 8  # pixels
BRIGHTEST = 16  # of a pixel in the package's file
ENLARGED, BORDER = 20, 4  # of MNIST's 28 × 28 pixels (LeCun et al., 1998)
FILE = Path("data") / "digits.csv.gz"  # in scikit-learn's package of datasets


def load(data: DataParams, base: Path) -> Source:
    """The digits, grey; needs no file and no network."""
    found = datasets.load_digits()
    pixels = np.rint(found.images * (255 / BRIGHTEST)).astype(np.uint8)
    space = image_space(data, data.channels or 1)
    return Source(
        count=len(pixels),
        format=space.format,
        examples=(enlarged(image, space) for image in pixels),
        labels=found.target.astype(np.int64),
        classes=CLASSES,
        origin={"files": [file_origin(Path(datasets.__file__).parent / FILE)]},
    )


def enlarged(pixels: UInt8[np.ndarray, "8 8"], space: ImageSpace) -> UInt8[np.ndarray, "c h w"]:
    """A digit enlarged by bicubic interpolation, in the middle of a black image."""
    digit = Image.fromarray(pixels).resize((ENLARGED, ENLARGED), Image.Resampling.BICUBIC)
    return fit_digit(np.pad(np.asarray(digit), BORDER), space)


DATASET = Dataset(load, needs_no_download=lambda data: True, small=enlarged, small_side=SIDE)
