"""Points of the user's own: a .npy array (N, D) or a CSV file with a row a point and a column a coordinate."""

import csv
import reprlib
import sys
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32

from nashgan.data.params import DataParams
from nashgan.data.source import Dataset, Source, anchored, file_origin
from nashgan.runtime.errors import UserError
from nashgan.spaces.points import MOST_DIMENSIONS, PointSpace

UNEQUAL = 20  # times: columns whose spreads differ by more are warned of


def read_table(path: Path) -> Float32[np.ndarray, "..."]:
    """The numbers in a .npy or CSV file; a CSV's first row may name its columns.

    Raises UserError where the file is missing, is of another kind, or where a number is missing or not finite; it
    names the row of the array, or the line of the file.
    """
    if not path.is_file():
        raise UserError(f"params.yaml: data.path: {path} is no file; name a .npy or .csv file of numbers")
    try:
        values, lines = (np.load(path, allow_pickle=False), None) if path.suffix == ".npy" else _read_csv(path)
    except (OSError, ValueError, csv.Error) as error:
        raise UserError(
            f"{path}: not readable as numbers ({error}); data.path names a .npy or .csv file whose rows have one length"
        ) from error
    if values.dtype.kind not in "fiu" or not len(values):
        raise UserError(f"{path}: must be rows of numbers, is {values.dtype} {values.shape}")
    with np.errstate(over="ignore"):  # what is too large becomes infinite, which is refused below
        table: Float32[np.ndarray, ...] = values.astype(np.float32)
    broken = np.flatnonzero(~np.isfinite(table).reshape(len(table), -1).all(axis=1))
    if len(broken):
        place = f"line {lines[broken[0]]}" if lines else f"row {broken[0] + 1}"
        raise UserError(
            f"{path}: {place} has a number that is missing, infinite or too large for 32 bits "
            f"({len(broken)} such rows); repair or remove them"
        )
    return table


def _read_csv(path: Path) -> tuple[np.ndarray, list[int]]:
    """The numbers, NaN where one is missing, and the line of each row in the file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        rows = [(reader.line_num, row) for row in reader if row]
    if rows and not any(map(_is_number, rows[0][1])):
        rows = rows[1:]
    for line, row in rows:
        first, length = rows[0][0], len(rows[0][1])
        if len(row) != length:
            raise ValueError(f"line {line} has {len(row)} columns, line {first} has {length}")
        if wrong := next((cell for cell in row if cell and not _is_number(cell)), None):
            raise ValueError(f"line {line}: {reprlib.repr(wrong)} is no number")
    return np.array([[float(cell or "nan") for cell in row] for _, row in rows]), [line for line, _ in rows]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def warn_of_scales(path: Path, numbers: Float[np.ndarray, "n columns"], column: str) -> None:
    """Print a warning where one column hardly varies beside another, because all columns have one scale.

    Metrics are in the units of the file, too: there the column with the larger numbers counts for nearly everything.
    """
    spread = numbers.std(axis=0, dtype=np.float64)
    if spread.max() > UNEQUAL * spread.min():
        least, most = int(spread.argmin()) + 1, int(spread.argmax()) + 1
        print(
            f"warning: download: {path}: {column} {least} has a standard deviation of {spread.min():.3g}, {column} "
            f"{most} one of {spread.max():.3g}; {column} {least} will hardly be learned, so scale both alike before",
            file=sys.stderr,
        )


def load(data: DataParams, base: Path) -> Source:
    """The points in the file `data.path`. Raises UserError as `read_table`, and for too many dimensions."""
    path = anchored(data.path, base)
    points = read_table(path)
    if points.ndim != 2 or not 1 <= points.shape[1] <= MOST_DIMENSIONS:
        raise UserError(f"{path}: must be (points, 1 to {MOST_DIMENSIONS} coordinates), is {points.shape}")
    warn_of_scales(path, points, "column")
    return Source(
        count=len(points),
        format=PointSpace.around(points).format,
        examples=iter(points),
        origin={"files": [file_origin(path)]},
    )


DATASET = Dataset(load, needs_no_download=lambda data: True)
