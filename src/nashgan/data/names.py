"""Last names: the 17,600 most frequent ones of a census of the United States (1990), which the package names carries.

The census has capitals only. The names are stored in lower case.
"""

from importlib.resources import as_file, files
from pathlib import Path

from nashgan.data.lines import text_source
from nashgan.data.params import DataParams
from nashgan.data.source import Dataset, Source

COUNT = 17_600
FILE = "dist.all.last"  # a name a line, the most frequent first; behind the name its frequency in percent and its rank


def load(data: DataParams, base: Path) -> Source:
    """The names; needs no file and no network."""
    with as_file(files("names") / FILE) as path:
        rows = path.read_text(encoding="ascii").splitlines()[:COUNT]
        return text_source(path, [row.split()[0].lower() for row in rows])


DATASET = Dataset(load, needs_no_download=lambda data: True)
