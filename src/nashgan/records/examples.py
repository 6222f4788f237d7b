"""Examples on disk: arrays of one format and int64 labels as memory-mapped .npy files, beside a manifest.json.

Raw data, splits and samples are folders of this kind. No pickle is read.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from jaxtyping import Int64, Shaped
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from nashgan.records.arrays import appended_array, read_array, write_array
from nashgan.records.record import Record, mend, validated
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import read_json, write_json

FORMAT = 2
MANIFEST = "manifest.json"


class ExampleFormat(BaseModel):
    """What one example is: the space it belongs to, its shape and the type of its numbers.

    Some spaces need more to read the numbers: text its `alphabet`, whose character i is stored as i; points and series
    how far their numbers are spread, so that the players see (x - `centre`) / `scale`. Images may have fewer `levels`
    of brightness than the 256 of a byte.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    space: str
    shape: tuple[Annotated[int, Field(ge=1, le=65536)], ...]
    dtype: Literal["uint8", "float32"]
    alphabet: str | None = None
    centre: tuple[FiniteFloat, ...] | None = None  # one number for each coordinate or channel
    scale: Annotated[FiniteFloat, Field(gt=0)] | None = None
    levels: Annotated[int, Field(ge=2, le=255)] | None = None  # evenly spaced from 0 to 255; null: all 256


class Manifest(Record):
    """What the manifest of every folder of examples says."""

    format: Literal[2] = 2
    examples: ExampleFormat
    classes: list[str] | None = None  # names, in the order of the labels


M = TypeVar("M", bound=Manifest)


@dataclass(frozen=True)
class Examples:
    """Examples with or without labels; the arrays may be memory-mapped and are read only."""

    values: Shaped[np.ndarray, "n ..."]
    labels: Int64[np.ndarray, " n"] | None = None

    def __len__(self) -> int:
        return len(self.values)

    def first(self, count: int) -> "Examples":
        """The first `count`, or all where there are fewer."""
        return Examples(self.values[:count], None if self.labels is None else self.labels[:count])


def values_path(folder: Path, name: str) -> Path:
    """Where the examples called `name` stand in `folder`."""
    return folder / f"{name}.examples.npy"


def labels_path(folder: Path, name: str) -> Path:
    """Where the labels of the examples called `name` stand in `folder`."""
    return folder / f"{name}.labels.npy"


def appended_examples(
    folder: Path, name: str, examples: ExampleFormat
) -> AbstractContextManager[Callable[[np.ndarray], None]]:
    """As `appended_array`, for examples of this format."""
    return appended_array(values_path(folder, name), examples.shape, examples.dtype)


def write_labels(folder: Path, name: str, labels: Int64[np.ndarray, " n"] | None) -> None:
    """Write labels; where they are None, remove the file that an earlier dataset left."""
    path = labels_path(folder, name)
    if labels is None:
        path.unlink(missing_ok=True)
    else:
        write_array(path, labels)


def write_examples(folder: Path, name: str, data: Examples) -> None:
    """Write examples that fit into memory, with their labels where there are some."""
    write_array(values_path(folder, name), data.values)
    write_labels(folder, name, data.labels)


def remove_examples(folder: Path, name: str) -> None:
    """Remove the examples called `name` with their labels, where they are."""
    for path in (values_path(folder, name), labels_path(folder, name)):
        path.unlink(missing_ok=True)


def read_examples(folder: Path, name: str, manifest: Manifest, stage: str, count: int | None = None) -> Examples:
    """Read what `write_examples` wrote; `stage` made it.

    `count` is the number of examples that the manifest names, if it names one. Raises UserError where a file is
    missing or does not fit the manifest.
    """
    path, advice = values_path(folder, name), mend(stage)
    values = read_array(path, advice)
    want = manifest.examples
    if values.dtype != np.dtype(want.dtype) or values.shape[1:] != want.shape or not len(values):
        shape = ", ".join(map(str, ("N", *want.shape)))
        raise UserError(f"{path}: must be {want.dtype} ({shape}), is {values.dtype} {values.shape}; {advice}")
    if count is not None and count != len(values):
        raise UserError(f"{path}: {len(values)} examples, {MANIFEST} says {count}; {advice}")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise UserError(f"{path}: has a number that is not finite; {advice}")
    if want.alphabet and (last := int(values.max())) >= len(want.alphabet):
        raise UserError(f"{path}: has the character {last} of an alphabet of 0 to {len(want.alphabet) - 1}; {advice}")
    return Examples(values, _read_labels(labels_path(folder, name), len(values), manifest.classes, advice))


def _read_labels(path: Path, count: int, classes: list[str] | None, advice: str) -> Int64[np.ndarray, " n"] | None:
    if classes is None:
        return None
    if not path.exists():
        raise UserError(f"{path}: not found, and {MANIFEST} names {len(classes)} classes; {advice}")
    labels: np.ndarray = read_array(path, advice)
    if labels.dtype != np.int64 or labels.shape != (count,):
        raise UserError(f"{path}: must be int64 ({count},), is {labels.dtype} {labels.shape}; {advice}")
    if labels.min() < 0 or labels.max() >= len(classes):
        raise UserError(f"{path}: labels from {labels.min()} to {labels.max()} of {len(classes)} classes; {advice}")
    return labels


def write_manifest(folder: Path, manifest: BaseModel) -> None:
    """Write manifest.json, whole or not at all."""
    write_json(folder / MANIFEST, manifest.model_dump(mode="json"))


def remove_manifest(folder: Path) -> None:
    """Remove manifest.json, so that an old one never stands beside new arrays."""
    (folder / MANIFEST).unlink(missing_ok=True)


def read_manifest(kind: type[M], folder: Path, stage: str) -> M:
    """Read manifest.json as a `kind`. Raises UserError where it is missing, broken or of another format."""
    path, advice = folder / MANIFEST, mend(stage)
    values: Any = read_json(path, advice)
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise UserError(f"{path}: not a manifest of format {FORMAT}; {advice}")
    return validated(kind, values, str(path), advice)
