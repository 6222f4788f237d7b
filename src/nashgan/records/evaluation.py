"""reports/evaluation.json: every metric of the samples, with interval, floor and protocol. Made by evaluate."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, FiniteFloat, RootModel, model_validator

from nashgan.records.record import Record, mend, parse_json, read_record, validated, write_record

STAGE = "evaluate"
CORRECTED = "correct="  # after it a protocol names the way in which the samples were corrected


def _finite(value: object) -> object:
    """A number that is not finite is written as null, because JSON cannot express it."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _known(ends: object) -> object:
    """An interval is not known where one of its ends is not finite."""
    return None if isinstance(ends, list | tuple) and any(_finite(end) is not end for end in ends) else ends


Number = Annotated[FiniteFloat | None, BeforeValidator(_finite)]
Interval = tuple[FiniteFloat, FiniteFloat]
KnownInterval = Annotated[Interval | None, BeforeValidator(_known)]


def overlap(one: Interval | None, other: Interval | None) -> bool:
    """Whether two closed intervals have a point in common. False where one of them is not known."""
    return one is not None and other is not None and one[0] <= other[1] and other[0] <= one[1]


def corrected(evaluation: Mapping[str, "Metric"]) -> bool:
    """Whether the samples were corrected, by a discriminator's score or by a random walk."""
    return any(f" {CORRECTED}" in metric.protocol for metric in evaluation.values())


class Pair(Record):
    """A sample, the training example closest to it, and how far they are apart."""

    sample: int
    train: int
    distance: FiniteFloat


class Measured(Record):
    """A number and its 95 % interval."""

    value: Number
    interval: KnownInterval = None

    @model_validator(mode="after")
    def _in_order(self) -> "Measured":
        if self.interval and self.interval[0] > self.interval[1]:
            raise ValueError(f"interval {list(self.interval)} ends before it begins")
        return self


class Baseline(Measured):
    """What another method scores on the same examples. A metric's `baseline` is a simple method that is no GAN."""

    name: str


class HeldOutFloor(Measured):
    """A metric between training examples and held-out ones (`value`), and between training examples (`floor`).

    For the floor as many other examples of the training split take the place of the held-out ones.
    """

    samples: int
    floor: Number
    floor_interval: KnownInterval = None
    protocol: str

    @property
    def like_train(self) -> bool:
        """Whether the two intervals overlap."""
        return overlap(self.interval, self.floor_interval)


class Metric(Measured):
    """One metric of the samples. The entries of its `Estimate.details` are further fields, under their own names."""

    model_config = ConfigDict(frozen=True, extra="allow")

    protocol: str  # numbers of different protocols are never compared
    floor: Number = None  # the metric of as many real examples; null where it was not measured
    floor_interval: KnownInterval = None
    floor_samples: int | None = None  # how many examples the floor is of, where not as many as the samples
    samples: int
    higher_is_better: bool = False
    versions: str | None = None  # libraries that the number comes from
    raw: Measured | None = None  # the metric of the raw generator
    other_seeds: list[Number] = Field(default_factory=list)  # the metric of samples from other generation seeds
    held_out_floor: HeldOutFloor | None = None
    baseline: Baseline | None = None
    beside: list[Baseline] = Field(default_factory=list)  # further methods
    classes: dict[str, Number] | None = None  # of each class
    real_classes: dict[str, Number] | None = None  # where `classes` is a histogram: that of the real examples
    pairs: list[Pair] = Field(default_factory=list)  # the samples closest to training examples
    p_value: Number = None
    p_values: dict[str, Number] = Field(default_factory=dict)  # of paired tests against the baseline; names as `beside`
    closer_than_all_held_out: int | None = None

    @property
    def like_real(self) -> bool:
        """Whether the interval of the samples and that of the floor overlap. A floor without an interval is a point.

        False where the floor is of another number of examples.
        """
        if self.floor_samples is not None:
            return False
        return overlap(self.interval, self.floor_interval or (None if self.floor is None else (self.floor, self.floor)))

    @property
    def like_raw(self) -> bool:
        """Whether averaging the weights made no difference: the intervals overlap."""
        return overlap(self.interval, self.raw.interval if self.raw else None)


class _Evaluation(RootModel[dict[str, Metric]]):
    pass


Evaluation = Mapping[str, Metric]  # by name, the headline metrics first


def read_evaluation(path: Path) -> Evaluation:
    """Every metric. Raises UserError where the file is missing or broken."""
    return read_record(_Evaluation, path, STAGE).root


def parse_evaluation(content: bytes, where: str) -> Evaluation:
    """Every metric, from the bytes of a file at another revision. Raises UserError for other content.

    `where` names the file in messages.
    """
    return validated(_Evaluation, parse_json(content, where, STAGE), where, f"{mend(STAGE)} there").root


def write_evaluation(path: Path, evaluation: Evaluation) -> None:
    """Write every metric. Fields that were not set are left out."""
    write_record(path, _Evaluation(dict(evaluation)), exclude_unset=True)
