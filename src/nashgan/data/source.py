"""What a dataset is to the pipeline: facts known beforehand, and a stream of images of one shape.

A dataset is one module with one function ``load(data: DataParams, base: Path) -> Source``, named in
`nashgan.data.DATASETS`; `base` anchors the relative paths of params.yaml.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int64, UInt8

from nashgan.runtime.files import sha256


@dataclass(frozen=True)
class Unreadable:
    """An image file which could not be read, and why, in one line without addresses or times."""

    name: str
    reason: str


@dataclass(frozen=True)
class Source:
    """A dataset as its `load` returns it.

    `images` yields `count` items once, in an order that only the data decides: uint8 images (channels, size, size), or
    `Unreadable` in an image's place. It is a stream, so a dataset may be larger than memory. `labels` has an entry for
    every item, the unreadable ones too; they index `classes`. `origin` is provenance for the manifest. Where
    each channel is a picture of its own, it names their `channel_classes`; the digits of a label are indices of them.
    """

    count: int
    channels: int
    images: Iterator[UInt8[np.ndarray, "c s s"] | Unreadable]
    labels: Int64[np.ndarray, " count"] | None = None
    classes: tuple[str, ...] | None = None
    origin: dict[str, Any] = field(default_factory=dict)


def channel_labels(labels: Int64[np.ndarray, " n"], channels: int, classes: int) -> Int64[np.ndarray, "n c"]:
    """The classes of the channels, 0 … classes - 1, which are the digits of an image's label."""
    return labels[:, None] // classes ** np.arange(channels)[::-1] % classes


def anchored(path: str, base: Path) -> Path:
    """A path of params.yaml: `~` expanded, relative ones under `base`."""
    return base / Path(path).expanduser()


def file_origin(path: Path) -> dict[str, str]:
    """The name and sha256 of one source file: no folder, for a manifest must not depend on the machine."""
    return {"name": path.name, "sha256": sha256(path)}
