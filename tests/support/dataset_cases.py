"""What tests of datasets share: the parameters of one, and all its images."""

from pathlib import Path
from typing import Any

import numpy as np

from nashgan.data import DATASETS
from nashgan.data.params import DataParams
from nashgan.data.source import Dataset, Source
from nashgan.records.raw import Unreadable


def data_params(name: str, **values: Any) -> DataParams:
    """The section `data` with small images."""
    defaults: dict[str, Any] = {
        "path": "data/own",
        "root": None,
        "mirror": [],
        "image_size": 8,
        "fit": "crop",
        "channels": None,
        "levels": None,
        "digits": 1,
        "max_unreadable": 0,
        "given": None,
        "noise": 0.5,
        "shrink": 4,
        "mask": 4,
        "other": None,
    }
    return DataParams.model_validate({"name": name, **defaults, **values})


def source(name: str, base: Path, **values: Any) -> Source:
    """The dataset `name` as its module loads it."""
    dataset: Dataset = DATASETS[name].load()
    return dataset.load(data_params(name, **values), base)


def read_all(dataset: Source) -> tuple[np.ndarray, list[Unreadable]]:
    """The images that could be read, stacked, and those that could not."""
    items = list(dataset.examples)
    assert len(items) == dataset.count
    images = [item for item in items if not isinstance(item, Unreadable)]
    return np.array(images), [item for item in items if isinstance(item, Unreadable)]
