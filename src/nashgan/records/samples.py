"""data/samples: what the generator drew, as the stage generate wrote it."""

from pathlib import Path
from typing import Literal

from pydantic import Field, FiniteFloat, NonNegativeInt

from nashgan.records import examples
from nashgan.records.examples import Examples, Manifest
from nashgan.records.record import Record, read_record, write_record

STAGE, NAME = "generate", "samples"
CORRECTION = "correction"  # a folder beside the samples, and in a registered generator's, where they were corrected
HOW = "correction.json"  # the file in it that describes the correction
JUDGE = "judge"  # the folder in it with the discriminator


class OutOfRange(Record):
    """The share of numbers that lie outside of what an example can hold, with its 95 % interval."""

    value: FiniteFloat
    interval: tuple[FiniteFloat, FiniteFloat]


class Correction(Record):
    """How samples were chosen: by a discriminator's score, or by the random walk of the model `gaussian`.

    The walk has its own requirement. See nashgan.features.correction and nashgan.models.gaussian.
    """

    method: Literal["reject", "metropolis", "walk"]
    steps: int = Field(ge=1)  # proposals of an example at most, or steps of its chain
    share: FiniteFloat | None = None  # of real examples, that the requirement keeps
    slope: FiniteFloat = 1.0  # of the calibrated logit
    offset: FiniteFloat = 0.0
    top: FiniteFloat = 0.0  # the largest calibrated logit that was found
    gamma: FiniteFloat | None = None  # reject: the requirement
    limit: FiniteFloat | None = None  # walk: the requirement
    accepted: FiniteFloat | None = None  # reject: the share of the generator's own examples that it keeps
    judge: str = ""  # sha256 of the discriminator's weights
    calibrated_on: int = 0  # examples of each set


class SamplesManifest(Manifest):
    """Which generator drew the samples, from which seed."""

    seed: NonNegativeInt
    count: NonNegativeInt
    generator: str  # sha256 of its weights
    out_of_range: OutOfRange | None = None


def read_manifest(folder: Path) -> SamplesManifest:
    """The manifest of data/samples. Raises UserError where it is missing or broken."""
    return examples.read_manifest(SamplesManifest, folder, STAGE)


def read_samples(folder: Path) -> Examples:
    """All samples. Raises UserError where a file is missing or does not fit the manifest."""
    manifest = read_manifest(folder)
    return examples.read_examples(folder, NAME, manifest, STAGE, manifest.count)


def read_correction(folder: Path) -> Correction | None:
    """How the samples are corrected, from a folder ``correction``; None where they are as the generator draws them."""
    path = folder / HOW
    return read_record(Correction, path, STAGE) if path.exists() else None


def write_correction(folder: Path, correction: Correction) -> None:
    """Write how the samples are corrected; the discriminator has its folder beside it."""
    write_record(folder / HOW, correction)
