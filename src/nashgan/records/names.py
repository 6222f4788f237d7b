"""Names that several records share. Nothing is imported for them, so that params.yaml is checked at once."""

from typing import Literal

SplitName = Literal["train", "validation", "test"]
UnseenName = Literal["unseen"]
UNSEEN: UnseenName = "unseen"  # beside the splits: all examples of the classes that are left out of them
SPLITS: tuple[SplitName, ...] = ("train", "validation", "test")
Resizer = Literal["bilinear", "clean"]  # how images reach Inception's size: as in pytorch-fid, or in clean-fid
