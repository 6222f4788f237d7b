"""Points of the user's own: a .npy array (N, D) or a CSV file with a row a point and a column a coordinate."""

import csv
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from nashgan.data.params import DataParams
from nashgan.data.source import Dataset, Source, anchored, file_origin
from nashgan.runtime.errors import UserError
from nashgan.spaces.points import MOST_DIMENSIONS, PointSpace


def read_table(path: Path) -> Float32[np.ndarray, "..."]:
    """The numbers in a .npy or CSV file; a CSV's first row may name its columns.

    Raises UserError where the file is missing, is of another kind, or where a number is missing or not finite; it
    names the row.
    """
    if not path.is_file():
        raise UserError(f"params.yaml: data.path: {path} is no file; name a .npy or .csv file of numbers")
    try:
        values = np.load(path, allow_pickle=False) if path.suffix == ".npy" else _read_csv(path)
    except (OSError, ValueError, csv.Error) as error:
        raise UserError(f"{path}: not readable as numbers ({error}); data.path names a .npy or .csv file") from error
    if values.dtype.kind not in "fiu" or not len(values):
        raise UserError(f"{path}: must be rows of numbers, is {values.dtype} {values.shape}")
    with np.errstate(over="ignore"):  # what is too large becomes infinite, which is refused below
        table: Float32[np.ndarray, ...] = values.astype(np.float32)
    broken = np.flatnonzero(~np.isfinite(table).reshape(len(table), -1).all(axis=1))
    if len(broken):
        raise UserError(
            f"{path}: row {broken[0] + 1} has a number that is missing, infinite or too large for 32 bits "
            f"({len(broken)} such rows); repair or remove them"
        )
    return table


def _read_csv(path: Path) -> np.ndarray:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file, strict=True) if row]
    if rows and not any(_is_number(cell) for cell in rows[0]):
        rows = rows[1:]
    if uneven := next((number for number, row in enumerate(rows, 1) if len(row) != len(rows[0])), None):
        raise ValueError(f"row {uneven} has {len(rows[uneven - 1])} columns, the first has {len(rows[0])}")
    return np.array([[float(cell or "nan") for cell in row] for row in rows])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def load(data: DataParams, base: Path) -> Source:
    """The points in the file `data.path`. Raises UserError as `read_table`, and for too many dimensions."""
    path = anchored(data.path, base)
    points = read_table(path)
    if points.ndim != 2 or points.shape[1] > MOST_DIMENSIONS:
        raise UserError(f"{path}: must be (points, 1 to {MOST_DIMENSIONS} coordinates), is {points.shape}")
    return Source(
        count=len(points),
        format=PointSpace.around(points).format,
        examples=iter(points),
        origin={"files": [file_origin(path)]},
    )


DATASET = Dataset(load, needs_no_download=lambda data: True)
