"""Arrays on disk: memory-mapped .npy files, written whole or not at all. No pickle is read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from nashgan.runtime.errors import UserError
from nashgan.runtime.files import atomic_path


@contextmanager
def appended_array(path: Path, shape: tuple[int, ...], dtype: str) -> Iterator[Callable[[np.ndarray], None]]:
    """Yield a function that appends rows of `shape`; when the block ends without an error, they become `path`.

    For arrays larger than memory, and for streams whose length is known only at their end. The file is written and not
    memory-mapped: so a full disk raises UserError, where a mapped file would end the process with SIGBUS.
    Rows of another shape raise ValueError.
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


@contextmanager
def preallocated_array(path: Path, shape: tuple[int, ...], dtype: str) -> Iterator[tuple[Path, int]]:
    """Yield a file of this shape, into which several processes can write, and the byte at which its first row begins.

    It becomes `path` when the block ends without an error. Raises UserError when the disk is full.
    """
    header = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": shape}
    with atomic_path(path) as temporary:
        with temporary.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, header)
            start = file.tell()
            file.truncate(start + prod(shape) * np.dtype(dtype).itemsize)
        yield temporary, start


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
        reason = "pickled objects" if "pickle" in str(error) else error  # numpy's own message advises to allow them
        raise UserError(f"{path}: not an array file written by nashgan ({reason}); {mend}") from error
