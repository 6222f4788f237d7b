"""models/train_run.json: what a training was and how it went; all that MLflow needs to show it. Made by train."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, FiniteFloat, field_validator

from nashgan.records.names import SplitName
from nashgan.records.record import Record, mend, parse_json, read_record, validated, write_record

STAGE = "train"
PATIENCE = "patience"  # kind of the event that ends a training
TRAINING = "nashgan.training"  # tag: names a training permanently; an MLflow run id lasts only as long as its store

Params = Mapping[str, Mapping[str, Any]]  # section by section


class Dataset(Record):
    """The training split."""

    name: str
    digest: str
    count: int


class WatchdogEvent(Record):
    """What was noticed: `kind` is non_finite, explosion, collapse, few_classes, d_won, or patience, which ends it."""

    images: int  # seen when it was noticed
    kind: str
    detail: str

    @property
    def fatal(self) -> bool:
        """Whether going on makes no sense: the training goes back to a checkpoint."""
        return self.kind in ("non_finite", "explosion")


class KeptMoment(Record):
    """The moment of the training whose weights were kept."""

    images: int
    score: FiniteFloat | None = None  # where it was measured


class TrainingScore(Record):
    """How the averaged generator was measured in the course of the training."""

    name: str  # of the metric
    split: SplitName = "train"  # of the real examples; `keep: best` selects by those of no other than validation
    floor: FiniteFloat
    protocol: str


class BeganWith(Record):
    """The players of another training that this one began with."""

    source: str  # as params.yaml names them; the name may stand for other players later
    sha256: str  # of their weights


class TrainRun(Record):
    """A finished training."""

    format: Literal[1]
    run_id: str | None  # in MLflow; null where the server was away
    tracking_uri: str | None
    experiment: str | None  # of DVC
    started: datetime
    finished: datetime
    params: dict[str, dict[str, Any]]
    tags: dict[str, str]  # lineage, and the training's own name under TRAINING
    dataset: Dataset
    began_with: BeganWith | None = None
    generator: str = Field(min_length=1)  # sha256 of the averaged weights
    kept: KeptMoment
    score: TrainingScore | None = None
    events: list[WatchdogEvent] = Field(default_factory=list)
    seconds: FiniteFloat  # of training, interruptions left out
    device: str

    @field_validator("params")
    @classmethod
    def _has_a_headline(cls, params: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for section, key, kind in (("model", "name", str), ("objective", "loss", str), ("train", "images", int)):
            if not isinstance(params.get(section, {}).get(key), kind):
                raise ValueError(f"{section}.{key} is missing")
        return params

    @field_validator("tags")
    @classmethod
    def _has_a_name(cls, tags: dict[str, str]) -> dict[str, str]:
        if TRAINING not in tags:
            raise ValueError(f"{TRAINING} is missing")
        return tags

    @property
    def images(self) -> int:
        """Images seen at the end of the training. What is measured on its generator has this step."""
        early = (event.images for event in self.events if event.kind == PATIENCE)
        train = self.params["train"]
        return next(early, int(train.get("until") or train["images"]))

    @property
    def unfinished(self) -> bool:
        """Whether it ended in the middle of its schedules, by ``train.until``."""
        return self.params["train"].get("until") is not None


def read_train_run(path: Path) -> TrainRun:
    """The finished training. Raises UserError where the file is missing or broken."""
    return read_record(TrainRun, path, STAGE)


def parse_train_run(content: bytes, where: str) -> TrainRun:
    """The finished training, from the bytes of a file at another place. Raises UserError for other content.

    `where` names the file in messages.
    """
    return validated(TrainRun, parse_json(content, where, STAGE), where, f"{mend(STAGE)} there")


def write_train_run(path: Path, run: TrainRun) -> None:
    """Write the finished training."""
    write_record(path, run)


def flat_params(params: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """``{"train": {"images": 320000}}`` as ``{"train.images": 320000}``."""
    flat: dict[str, Any] = {}
    for key, value in params.items():
        if isinstance(value, Mapping):
            flat |= flat_params(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat
