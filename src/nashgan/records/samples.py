"""data/samples: what the generator drew, as the stage generate wrote it."""

from pathlib import Path

from pydantic import FiniteFloat

from nashgan.records import examples
from nashgan.records.examples import Count, Examples, Manifest
from nashgan.records.record import Record

STAGE, NAME = "generate", "samples"


class OutOfRange(Record):
    """The share of numbers that lie outside of what an example can hold, with its 95 % interval."""

    value: FiniteFloat
    interval: tuple[FiniteFloat, FiniteFloat]


class SamplesManifest(Manifest):
    """Which generator drew the samples, from which seed."""

    seed: Count
    count: Count
    generator: str  # sha256 of its weights
    out_of_range: OutOfRange | None = None


def read_manifest(folder: Path) -> SamplesManifest:
    """The manifest of data/samples. Raises UserError where it is missing or broken."""
    return examples.read_manifest(SamplesManifest, folder, STAGE)


def read_samples(folder: Path) -> Examples:
    """All samples. Raises UserError where a file is missing or does not fit the manifest."""
    manifest = read_manifest(folder)
    return examples.read_examples(folder, NAME, manifest, STAGE, manifest.count)
