"""The real images that no training saw: those of the validation and the test split, as far as there are any."""

from pathlib import Path

import numpy as np

from nashgan.records.arrays import Images, read_images, read_manifest

MEND = "run `dvc repro split`"


def read_split(folder: Path, name: str) -> Images:
    """A split, which may be empty: then it has no files."""
    if name in read_manifest(folder, MEND)["splits"]:
        return read_images(folder, name, MEND)
    train = read_images(folder, "train", MEND)
    return Images(train.images[:0], None if train.labels is None else train.labels[:0])


def read_held_out(folder: Path) -> Images:
    """Validation and test split, in this order."""
    parts = [read_split(folder, name) for name in ("validation", "test")]
    labels = [part.labels for part in parts if part.labels is not None]
    images = np.concatenate([part.images for part in parts])
    return Images(images, np.concatenate(labels) if len(labels) == len(parts) else None)
