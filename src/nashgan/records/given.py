"""What a generator is given beside z, as its configuration keeps it: an image that was degraded, or of another set."""

from typing import ClassVar

from nashgan.records.degradation import Degradation
from nashgan.records.record import Record


class Translation(Record):
    """Images of another dataset, which are to look like those of the generator's own."""

    paired: ClassVar[bool] = False

    other: str  # the dataset that the images are from, as in params.yaml
    digest: str  # of its splits
    small_side: int | None = None  # pixels a side of its pictures before they were enlarged; None: they were not

    @property
    def described(self) -> str:
        """Where the images are from, for people and for protocols."""
        return f"from {self.other}"


Given = Degradation | Translation
