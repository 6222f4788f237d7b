"""Arrays on disk: uint8 images (N, C, H, W) and int64 labels as memory-mapped .npy files beside a manifest.json.

The same store holds raw data, splits and samples. No pickle is read.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Int64, UInt8
from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict  # pydantic takes the one of `typing` from Python 3.12 on

from nashgan.runtime.errors import UserError, first_fault
from nashgan.runtime.files import atomic_path, read_json, write_json

FORMAT = 1
Number = Annotated[int, Field(ge=0)]


class ImageCard(TypedDict):
    """The shape of every image."""

    channels: Literal[1, 3]
    size: Number


class SplitCard(TypedDict, total=False):
    """One split."""

    count: Number
    histogram: list[Number] | None
    sha256: str


class Card(TypedDict, total=False):
    """What is checked of a manifest where it says so; each stage writes a part of it, and more."""

    source: dict[str, Any]
    image: ImageCard
    classes: list[str] | None
    splits: dict[str, SplitCard]
    unreadable: list[dict[str, str]] | Number
    digest: str
    count: Number
    seed: Number
    generator: str


class Manifest(dict[str, Any]):
    """A manifest's content. To ask for what it does not say raises a UserError."""

    def __init__(self, values: dict[str, Any], path: Path, mend: str) -> None:
        super().__init__(values)
        self._path, self._mend = path, mend

    def __missing__(self, key: str) -> Any:
        raise UserError(f"{self._path}: does not say {key}; {self._mend}")


@dataclass(frozen=True)
class Images:
    """Images with or without labels; the arrays are memory-mapped, read-only."""

    images: UInt8[np.ndarray, "n c h w"]
    labels: Int64[np.ndarray, " n"] | None = None

    def __len__(self) -> int:
        return len(self.images)


@contextmanager
def appended_array(path: Path, shape: tuple[int, ...], dtype: str) -> Iterator[Callable[[np.ndarray], None]]:
    """Yield a function that appends rows of `shape`; what was appended becomes `path` when the block ends well.

    For arrays larger than memory, and for streams whose length is known only at their end. Being written, not mapped,
    a full disk is a UserError here and not a SIGBUS.
    """
    header = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False}
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header | {"shape": (0, *shape)})
        start, count = file.tell(), 0

        def append(rows: np.ndarray) -> None:
            nonlocal count
            if rows.shape[1:] != shape:
                raise ValueError(f"{path}: rows must have the shape {shape}, got {rows.shape[1:]}")
            file.write(np.ascontiguousarray(rows, dtype).data)
            count += len(rows)

        yield append
        file.seek(0)  # numpy pads the header, so that the first dimension can grow in place
        np.lib.format.write_array_header_1_0(file, header | {"shape": (count, *shape)})
        if file.tell() != start:
            raise RuntimeError(f"{path}: the header outgrew its padding")


def write_array(path: Path, values: np.ndarray) -> None:
    """Write `values` as .npy, whole or not at all."""
    with appended_array(path, values.shape[1:], values.dtype.str) as append:
        append(values)


def read_array(path: Path, mend: str) -> np.ndarray:
    """Memory-map an .npy file. A missing or foreign file is a UserError that ends with `mend`."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        if not isinstance(array, np.ndarray):
            array.close()
            raise ValueError("a zip of arrays")
        return array
    except FileNotFoundError:
        raise UserError(f"{path}: not found; {mend}") from None
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        reason = "pickled objects" if "pickle" in str(error) else error  # numpy's advice is to read them all the same
        raise UserError(f"{path}: not an array file written by nashgan ({reason}); {mend}") from error


def write_images(folder: Path, name: str, data: Images) -> None:
    """Write ``<name>.images.npy`` and, where there are labels, ``<name>.labels.npy``."""
    write_array(folder / f"{name}.images.npy", data.images)
    if data.labels is not None:
        write_array(folder / f"{name}.labels.npy", data.labels)


def read_images(folder: Path, name: str, mend: str = "run `dvc repro split`") -> Images:
    """Read what `write_images` wrote.

    Raises UserError where a file is missing, has another shape or type, or is not what a manifest beside it says.
    """
    path, labels_path = (folder / f"{name}.{kind}.npy" for kind in ("images", "labels"))
    images = read_array(path, mend)
    if images.dtype != np.uint8 or images.ndim != 4:
        raise UserError(f"{path}: must be uint8 (N, C, H, W), is {images.dtype} {images.shape}; {mend}")
    if 0 in images.shape or images.shape[1] not in (1, 3) or images.shape[2] != images.shape[3]:
        raise UserError(f"{path}: must hold square images of 1 or 3 channels, is {images.shape}; {mend}")
    labels = read_array(labels_path, mend) if labels_path.exists() else None
    if labels is not None and (labels.dtype != np.int64 or labels.shape != (len(images),)):
        raise UserError(f"{labels_path}: must be int64 ({len(images)},), is {labels.dtype} {labels.shape}; {mend}")
    if (folder / "manifest.json").exists():
        manifest = read_manifest(folder, mend)
        _check_images(path, images, manifest, mend)
        _check_labels(labels_path, labels, manifest.get("classes"), mend)
    return Images(images, labels)


def _check_images(path: Path, images: np.ndarray, manifest: Manifest, mend: str) -> None:
    said = manifest.get("image")
    if said and images.shape[1:] != (said["channels"], said["size"], said["size"]):
        want = f"{said['channels']} x {said['size']} x {said['size']}"
        raise UserError(f"{path}: its images are {images.shape[1:]}, manifest.json says {want}; {mend}")
    count = manifest.get("splits", {}).get(path.name.partition(".")[0], {}).get("count", len(images))
    if count != len(images):
        raise UserError(f"{path}: {len(images)} images, manifest.json says {count}; {mend}")


def _check_labels(path: Path, labels: np.ndarray | None, classes: list[str] | None, mend: str) -> None:
    if classes is None:
        return
    if labels is None:
        raise UserError(f"{path}: not found, and manifest.json names {len(classes)} classes; {mend}")
    if labels.min() < 0 or labels.max() >= len(classes):
        raise UserError(f"{path}: labels from {labels.min()} to {labels.max()} of {len(classes)} classes; {mend}")


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write ``manifest.json`` with this store's format number."""
    write_json(folder / "manifest.json", {"format": FORMAT, **manifest})


def read_manifest(folder: Path, mend: str) -> Manifest:
    """Read ``manifest.json``. Raises UserError where it is missing, broken or of another format."""
    path = folder / "manifest.json"
    manifest = read_json(path, mend)
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise UserError(f"{path}: not a manifest of format {FORMAT}; {mend}")
    try:
        TypeAdapter(Card).validate_python(manifest)
    except ValidationError as error:
        raise UserError(f"{path}: {first_fault(error)}; {mend}") from None
    return Manifest(manifest, path, mend)
