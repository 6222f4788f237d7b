"""Names that several records share. Nothing is imported for them, so that params.yaml is checked at once."""

from typing import Literal

SplitName = Literal["train", "validation", "test"]
SPLITS: tuple[SplitName, ...] = ("train", "validation", "test")
