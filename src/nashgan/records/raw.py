"""data/raw: the dataset as the stage download wrote it, one array of one format."""

from pathlib import Path
from typing import Any

from pydantic import NonNegativeInt

from nashgan.records import examples
from nashgan.records.examples import Examples, Manifest
from nashgan.records.record import Record

STAGE, NAME = "download", "raw"
OFFICIAL_TEST = "official_test"  # key of a manifest's `source`: so many of the last examples are the published test set


class Unreadable(Record):
    """A file which could not be read, and why, in one line without addresses or times."""

    name: str
    reason: str


class RawManifest(Manifest):
    """The dataset: where it comes from, how many examples it has, which files could not be read."""

    source: dict[str, Any]  # name of the dataset, files and their sha256, what else the dataset tells
    count: NonNegativeInt
    unreadable: list[Unreadable]
    digest: str  # sha256 of examples and labels


def read_manifest(folder: Path) -> RawManifest:
    """The manifest of data/raw. Raises UserError where it is missing or broken."""
    return examples.read_manifest(RawManifest, folder, STAGE)


def read_raw(folder: Path) -> Examples:
    """All examples of data/raw. Raises UserError where a file is missing or does not fit the manifest."""
    manifest = read_manifest(folder)
    return examples.read_examples(folder, NAME, manifest, STAGE, manifest.count)
