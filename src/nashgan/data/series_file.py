"""Series of the user's own: a .npy array (N, length) or (N, length, channels), or a CSV file with a row a series."""

from pathlib import Path

from nashgan.data.params import DataParams
from nashgan.data.points_file import read_table, warn_of_scales
from nashgan.data.source import Dataset, Source, anchored, file_origin
from nashgan.runtime.errors import UserError
from nashgan.spaces.series import LONGEST, MOST_CHANNELS, SHORTEST, SeriesSpace, fits


def load(data: DataParams, base: Path) -> Source:
    """The series in the file `data.path`. Raises UserError as `read_table`, and for impossible lengths."""
    path = anchored(data.path, base)
    series = read_table(path)
    if series.ndim == 2:
        series = series[:, :, None]
    if series.ndim != 3 or not fits(*series.shape[1:]):
        raise UserError(
            f"{path}: must be (series, {SHORTEST} to {LONGEST} positions) or (series, positions, 1 to {MOST_CHANNELS} "
            f"channels), is {series.shape}; cut or join the series"
        )
    warn_of_scales(path, series.reshape(-1, series.shape[2]), "channel")
    return Source(
        count=len(series),
        format=SeriesSpace.around(series).format,
        examples=iter(series),
        origin={"files": [file_origin(path)]},
    )


DATASET = Dataset(load, needs_no_download=lambda data: True)
