"""Arrays whose rows several processes compute, each a part of them, and arrays that are larger than memory.

A process has consecutive rows, and computes them in blocks that begin at the same rows however many processes there
are. So the array has the same bits for any number of processes that have the same number of threads.
"""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import prod
from pathlib import Path

import numpy as np
import torch

from nashgan.records.arrays import preallocated_array, read_array, write_array
from nashgan.runtime.compute import ComputeParams
from nashgan.runtime.errors import no_space_is_user_error
from nashgan.runtime.launch import count_processes, launch
from nashgan.runtime.processes import described_outside

IN_MEMORY = 1 << 28  # bytes; larger arrays are memory-mapped
Rows = Callable[[range], Iterator[np.ndarray]]  # the rows of a range in order, in pieces; it begins with a block


@dataclass(frozen=True)
class Division:
    """Among how many processes work is divided, and where large arrays are, each as a file without a name."""

    processes: int
    scratch: Path


_CURRENT: ContextVar[Division | None] = ContextVar("division", default=None)


@contextmanager
def divided(compute: ComputeParams, scratch: Path) -> Iterator[None]:
    """While the block runs, arrays are computed in as many processes as `compute` says, and large ones in `scratch`."""
    scratch.mkdir(parents=True, exist_ok=True)
    token = _CURRENT.set(Division(count_processes(compute), scratch))
    try:
        yield
    finally:
        _CURRENT.reset(token)


def is_divided() -> bool:
    """Whether work is divided among several processes now."""
    division = _CURRENT.get()
    return division is not None and division.processes > 1


@contextmanager
def stored(values: np.ndarray) -> Iterator[Path]:
    """While the block runs, `values` are an .npy file that other processes can read. Only where work is divided."""
    division = _CURRENT.get()
    assert division
    with tempfile.TemporaryDirectory(dir=division.scratch) as folder:
        path = Path(folder) / "values.npy"
        write_array(path, values)
        yield path


def shares(count: int, block: int, processes: int) -> list[range]:
    """The rows of each process: blocks of `block` rows that follow each other; the last block may be shorter."""
    blocks = -(-count // block)
    ends = [min(count, blocks * rank // processes * block) for rank in range(processes + 1)]
    return [range(first, end) for first, end in pairwise(ends)]


def computed(shape: tuple[int, ...], dtype: str, block: int, rows: Rows, elsewhere: Rows | None) -> np.ndarray:
    """The array that `rows` computes, in memory or, where it is large, memory-mapped.

    `elsewhere` computes the same in a new process: a function of a module, or a `partial` of one. Without it only this
    process computes.
    """
    division = _CURRENT.get()
    several = division is not None and division.processes > 1 and elsewhere is not None and shape[0] > block
    small = prod(shape) * np.dtype(dtype).itemsize <= IN_MEMORY
    if division is None or (small and not several):
        made, place = np.empty(shape, dtype), 0
        for piece in rows(range(shape[0])):
            made[place : place + len(piece)] = piece
            place += len(piece)
        return made
    with tempfile.TemporaryDirectory(dir=division.scratch) as folder:  # what is mapped stays until it is not used
        path = Path(folder) / "rows.npy"
        write_computed(path, shape, dtype, block, rows, elsewhere)
        found = read_array(path, "run the same command again")
        return np.array(found) if small else found


def write_computed(
    path: Path, shape: tuple[int, ...], dtype: str, block: int, rows: Rows, elsewhere: Rows | None
) -> None:
    """Write the array that `computed` returns as .npy, whole or not at all. Raises UserError where the disk is full."""
    division = _CURRENT.get()
    count = min(division.processes if division and elsewhere else 1, -(-shape[0] // block))
    with preallocated_array(path, shape, dtype) as (temporary, start):
        if count > 1 and elsewhere:
            parts = shares(shape[0], block, count)
            threads = None if "OMP_NUM_THREADS" in os.environ else max(1, torch.get_num_threads() // count)
            launch(partial(_write_own, temporary, start, parts, elsewhere, threads), count, fresh=True)
        else:
            _write(temporary, start, rows, range(shape[0]))


def _write_own(path: Path, start: int, parts: Sequence[range], rows: Rows, threads: int | None) -> None:
    """Write the rows of this process, one of those that `launch` started."""
    processes = described_outside()
    assert processes
    if threads is not None:
        torch.set_num_threads(threads)
    _write(path, start, rows, parts[processes.rank])


def _write(path: Path, start: int, rows: Rows, part: range) -> None:
    """Write the rows of `part`; row 0 begins at the byte `start`."""
    place = part.start
    with no_space_is_user_error(path), path.open("rb+") as file:
        for piece in rows(part):
            file.seek(start + place * piece[0].nbytes)
            file.write(np.ascontiguousarray(piece).data)
            place += len(piece)
