"""The form of a dataset: facts that are known in advance, and a stream of examples of one format.

A dataset is one module with one `Dataset`, named in `nashgan.data.DATASETS`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int64, Shaped, UInt8

from nashgan.data.params import DataParams
from nashgan.records.examples import ExampleFormat
from nashgan.records.raw import Unreadable
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import sha256
from nashgan.spaces.image import BYTE, ImageSpace

LONGEST = 1024  # pixels of the longer side


@dataclass(frozen=True)
class Source:
    """A dataset as its `load` returns it.

    `examples` yields `count` items once, in an order that depends on the data alone: arrays of `format`, or
    `Unreadable` in an example's place. It is a stream, so a dataset may be larger than memory. `labels` has an index
    into `classes` for every item, unreadable ones included. `origin` says in the manifest where the data come from.
    Where each channel is a picture of its own, `origin` also has their `channel_classes`; the digits of a label are
    indices into these.
    """

    count: int
    format: ExampleFormat
    examples: Iterator[Shaped[np.ndarray, "..."] | Unreadable]
    labels: Int64[np.ndarray, " count"] | None = None
    classes: tuple[str, ...] | None = None
    origin: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Dataset:
    """A dataset. `load(settings, base)` opens it; relative paths of params.yaml are under `base`.

    Where its published pictures are smaller than its examples, `small(picture, space)` makes an example of a grey
    picture of `small_side` × `small_side` pixels, in the same way as `load`.
    """

    load: Callable[[DataParams, Path], Source]
    needs_no_download: Callable[[DataParams], bool] = lambda _: False  # it is part of an installed package, or local
    small: Callable[[UInt8[np.ndarray, "h w"], ImageSpace], UInt8[np.ndarray, "c H W"]] | None = None
    small_side: int | None = None  # pixels a side of the pictures that `small` takes


def image_space(data: DataParams, channels: int, first: tuple[int, int] = (1, 1)) -> ImageSpace:
    """The space of images that the section asks for; `first` is the width and height of the first picture.

    Images are square, and with ``data.fit: keep`` they have the proportions of the first picture. Raises UserError
    where these make the longer side too long.
    """
    proportions = first if data.fit == "keep" else (1, 1)
    width, height = (round(side * data.image_size / min(proportions)) for side in proportions)
    if max(width, height) > LONGEST:
        raise UserError(
            f"params.yaml: data.fit: keep makes images of {width} × {height} pixels, as the first of {data.name} has "
            f"{first[0]} × {first[1]}; at most {LONGEST} a side: lower data.image_size, or set crop or pad"
        )
    return ImageSpace(channels, height, width, data.levels or BYTE)


def channel_labels(labels: Int64[np.ndarray, " n"], channels: int, classes: int) -> Int64[np.ndarray, "n c"]:
    """The classes of the channels, 0 … `classes` - 1: the digits of an image's label to the base `classes`."""
    return labels[:, None] // classes ** np.arange(channels)[::-1] % classes


def anchored(path: str, base: Path) -> Path:
    """A path of params.yaml: `~` expanded, relative ones under `base`."""
    return base / Path(path).expanduser()


def file_origin(path: Path) -> dict[str, str]:
    """The name and sha256 of one source file. No folder, because a manifest must not depend on the machine."""
    return {"name": path.name, "sha256": sha256(path)}
