"""Class balance: how many examples the classes of the training split have."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Balance:
    """The classes with the fewest and with the most examples, as name and count."""

    classes: int
    fewest: tuple[str, int]
    most: tuple[str, int]

    @property
    def text(self) -> str:
        """A sentence."""
        (rare, few), (frequent, many) = self.fewest, self.most
        ratio = f"{many / few:.2f} times as many" if few else "and the first has none"
        return f"{self.classes} classes with {few:,} ({rare!r}) to {many:,} ({frequent!r}) examples, {ratio}"


def balance(names: Sequence[str], histogram: Sequence[int]) -> Balance:
    """The balance of at least one class, from the number of examples of each."""
    counts = list(zip(histogram, names, strict=True))
    (few, rare), (many, frequent) = min(counts), max(counts)
    return Balance(len(counts), (rare, few), (frequent, many))
