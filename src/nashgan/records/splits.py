"""data/splits: train, validation and test, as the stage split wrote them."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field, NonNegativeInt

from nashgan.records import examples
from nashgan.records.examples import Examples, Manifest
from nashgan.records.names import SPLITS, UNSEEN, SplitName, UnseenName
from nashgan.records.raw import Unreadable
from nashgan.records.record import Record, mend
from nashgan.runtime.errors import UserError

STAGE = "split"
FEWEST = 20  # examples of the validation split that a generator may be selected by


class Split(Record):
    """One split."""

    count: NonNegativeInt
    histogram: list[NonNegativeInt] | None  # examples of each class
    sha256: str  # of examples and labels


class SplitsManifest(Manifest):
    """What the splits hold. A split without examples is not named."""

    source: dict[str, Any]  # as in data/raw
    splits: dict[SplitName | UnseenName, Split]
    kind: Literal["official", "random"] = "random"  # official: the test split is the published test set
    duplicates: NonNegativeInt  # examples that are equal to an earlier one
    in_both: list[tuple[NonNegativeInt, NonNegativeInt]] = Field(default_factory=list)  # see nashgan.data.splitting
    unreadable: list[Unreadable]
    digest: str  # of all splits

    @property
    def counts(self) -> dict[SplitName, int]:
        """Examples of each split."""
        return {name: self.splits[name].count if name in self.splits else 0 for name in SPLITS}

    @property
    def held_out(self) -> SplitName:
        """The first of test, validation and train that has examples: unseen by the training if there are any."""
        return next(name for name in reversed(SPLITS) if name in self.splits)


def read_manifest(folder: Path) -> SplitsManifest:
    """The manifest of data/splits. Raises UserError where it is missing or broken, or no split has examples."""
    manifest = examples.read_manifest(SplitsManifest, folder, STAGE)
    if not any(split.count for split in manifest.splits.values()):
        raise UserError(f"{folder / examples.MANIFEST}: no split has examples; {mend(STAGE)}")
    return manifest


def read_split(folder: Path, name: SplitName | UnseenName) -> Examples:
    """A split. One that the manifest does not name is empty.

    Raises UserError where a file is missing or does not fit the manifest.
    """
    manifest = read_manifest(folder)
    if name not in manifest.splits:
        if name == "train":
            raise UserError(f"{folder / examples.MANIFEST}: there is no training split; {mend(STAGE)}")
        form = manifest.examples
        labels = None if manifest.classes is None else np.empty(0, np.int64)
        return Examples(np.empty((0, *form.shape), form.dtype), labels)
    return examples.read_examples(folder, name, manifest, STAGE, manifest.splits[name].count)


def read_unseen(folder: Path) -> Examples | None:
    """The examples of the classes that were left out of all splits; None where none were.

    Raises UserError as `read_split`.
    """
    manifest = read_manifest(folder)
    if UNSEEN not in manifest.splits:
        return None
    return read_split(folder, UNSEEN)


def read_held_out(folder: Path, count: int | None = None) -> Examples:
    """The examples that no training saw, or the first `count` of them: validation and test split, in this order.

    They stay memory-mapped where they are all of one split.
    """
    validation, test = (read_split(folder, name) for name in SPLITS[1:])
    if count is not None:
        validation, test = validation.first(count), test.first(max(0, count - len(validation)))
    if not len(test) or not len(validation):
        return validation if len(validation) else test
    labels = [part.labels for part in (validation, test) if part.labels is not None]
    return Examples(np.concatenate([validation.values, test.values]), np.concatenate(labels) if labels else None)
