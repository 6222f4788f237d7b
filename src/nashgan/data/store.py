"""Arrays on disk: uint8 images (N, C, H, W) and int64 labels as memory-mapped .npy files beside a manifest.json.

The same store holds raw data, splits and samples. No pickle is read.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int64, UInt8

from nashgan.errors import UserError
from nashgan.files import atomic_path, read_json, write_json

FORMAT = 1


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
        array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
        return array
    except FileNotFoundError:
        raise UserError(f"{path}: not found; {mend}") from None
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path}: not an array file written by nashgan ({error}); {mend}") from error


def write_images(folder: Path, name: str, data: Images) -> None:
    """Write ``<name>.images.npy`` and, where there are labels, ``<name>.labels.npy``."""
    write_array(folder / f"{name}.images.npy", data.images)
    if data.labels is not None:
        write_array(folder / f"{name}.labels.npy", data.labels)


def read_images(folder: Path, name: str, mend: str = "run `dvc repro split`") -> Images:
    """Read what `write_images` wrote. Raises UserError where a file is missing or has another shape or type."""
    path = folder / f"{name}.images.npy"
    images = read_array(path, mend)
    if images.dtype != np.uint8 or images.ndim != 4:
        raise UserError(f"{path}: must be uint8 (N, C, H, W), is {images.dtype} {images.shape}; {mend}")
    labels_path = folder / f"{name}.labels.npy"
    labels = read_array(labels_path, mend) if labels_path.exists() else None
    if labels is not None and (labels.dtype != np.int64 or labels.shape != (len(images),)):
        raise UserError(f"{labels_path}: must be int64 ({len(images)},), is {labels.dtype} {labels.shape}; {mend}")
    return Images(images, labels)


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write ``manifest.json`` with this store's format number."""
    write_json(folder / "manifest.json", {"format": FORMAT, **manifest})


def read_manifest(folder: Path, mend: str) -> dict[str, Any]:
    """Read ``manifest.json``. Raises UserError where it is missing, broken or of another format."""
    path = folder / "manifest.json"
    manifest = read_json(path, mend)
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise UserError(f"{path}: not a manifest of format {FORMAT}; {mend}")
    return manifest
