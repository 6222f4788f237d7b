"""reports/plots/*.json: the rows of the charts that `dvc plots` draws of an evaluation; made by the stage evaluate."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from nashgan.runtime.files import write_json

Rows = Sequence[Mapping[str, str | float | None]]


def write_plot(path: Path, rows: Rows) -> None:
    """Write the rows of one chart. A value that is not known is null."""
    write_json(path, [dict(row) for row in rows])
