"""Everything the report shows, read and checked once."""

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
from jaxtyping import Float
from pydantic import BaseModel, ConfigDict, RootModel, ValidationError, model_validator

from nashgan.comparison.known_results import Beside
from nashgan.comparison.table import overlap
from nashgan.records.arrays import Images, read_images, read_manifest
from nashgan.records.paths import Paths
from nashgan.records.pictures import Frame, Picture, read_picture, read_timeline
from nashgan.runtime.errors import UserError, first_fault
from nashgan.runtime.files import read_json

HISTORY_COLUMNS = ("images", "img_s")  # of every history; the others depend on the model
T = TypeVar("T", bound=BaseModel)


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)  # a stage may write more than the report shows


class Split(_Record):
    count: int
    histogram: list[int] | None
    sha256: str


class ImageSize(_Record):
    channels: int
    size: int


class DataCard(_Record):
    source: dict[str, Any]
    image: ImageSize
    classes: list[str] | None
    splits: dict[str, Split]
    duplicates: int
    unreadable: int
    digest: str


class SampleCard(_Record):
    seed: int
    count: int
    generator: str


class Dataset(_Record):
    name: str
    digest: str


class Noticed(_Record):
    """What the watchdog noticed."""

    images: int
    kind: str
    detail: str


class Kept(_Record):
    """The moment of the training that the weights are of."""

    images: int


class Scored(_Record):
    """How the averaged generator was measured in the course of the training."""

    floor: float
    protocol: str


class TrainRun(_Record):
    format: Literal[1]
    experiment: str | None
    run_id: str | None
    tracking_uri: str | None
    started: str
    finished: str
    params: dict[str, dict[str, Any]]
    tags: dict[str, Any]
    dataset: Dataset
    generator: str
    device: str
    kept: Kept | None = None
    fcd: Scored | None = None  # None where it was not measured
    events: list[Noticed] = []
    seconds: float | None = None

    @model_validator(mode="after")
    def _has_a_headline(self) -> "TrainRun":
        for section, key, kind in (("model", "name", str), ("objective", "loss", str), ("train", "images", int)):
            if not isinstance(self.params.get(section, {}).get(key), kind):
                raise ValueError(f"no params.{section}.{key}")
        return self


class Pair(_Record):
    """A sample, the training image next to it, and how far they are apart."""

    sample: int
    train: int
    distance: float


class Raw(_Record):
    """The same number for the generator whose weights were not averaged."""

    value: float | None
    interval: tuple[float, float] | None


class HeldOutFloor(_Record):
    """Real images of the training split against held-out ones (`value`), and against as many others of it (`floor`)."""

    value: float | None
    interval: tuple[float, float] | None = None
    samples: int
    floor: float | None
    floor_interval: tuple[float, float] | None = None

    @property
    def like_train(self) -> bool:
        """Whether the two intervals overlap."""
        return overlap(self.interval, self.floor_interval)


class Metric(_Record):
    value: float | None
    floor: float | None
    interval: tuple[float, float] | None = None
    floor_interval: tuple[float, float] | None = None
    raw: Raw | None = None
    held_out_floor: HeldOutFloor | None = None
    other_seeds: list[float | None] = []
    higher_is_better: bool = False
    samples: int
    protocol: str
    versions: str | dict[str, str] | None = None
    classes: dict[str, float | None] | None = None  # the value of each class, of metrics that have one
    pairs: list[Pair] = []  # of metrics of memory: the samples closest to training images
    p_value: float | None = None
    closer_than_all_held_out: int | None = None

    @property
    def like_real(self) -> bool:
        """Whether the intervals of samples and of other real images overlap; an exact floor has none."""
        return overlap(self.interval, self.floor_interval or (None if self.floor is None else (self.floor, self.floor)))

    @property
    def like_raw(self) -> bool:
        """Whether averaging the weights made no difference: the intervals overlap."""
        return overlap(self.interval, self.raw.interval if self.raw else None)


class Evaluation(RootModel[dict[str, Metric]]):
    pass


@dataclass(frozen=True)
class Inputs:
    """What the stages before wrote."""

    data: DataCard
    real: tuple[str, Images]  # the split that real images are shown from
    samples: SampleCard
    generated: Images
    grid: Picture
    interpolation: Picture
    reconstructions: Picture | None  # of a VAE
    timeline: list[Frame]
    history: dict[str, Float[np.ndarray, " n"]]
    scores: dict[str, Float[np.ndarray, " m"]]
    evaluation: dict[str, Metric]
    run: TrainRun
    nearest: dict[str, Picture] = field(default_factory=dict)  # of the metrics of memory that have pairs
    others: Beside = field(default_factory=Beside)  # results to compare with


def read_inputs(paths: Paths) -> Inputs:
    """Read the whole workspace. A missing or foreign file is a UserError naming it and the command that makes it."""
    data = _manifest(DataCard, paths.splits, "split")
    filled = [name for name in ("test", "validation", "train") if name in data.splits and data.splits[name].count]
    if not filled:
        raise UserError(f"{paths.splits / 'manifest.json'}: no split has an image; {_mend('split')}")
    return Inputs(
        data=data,
        real=(filled[0], read_images(paths.splits, filled[0], _mend("split"))),
        samples=_manifest(SampleCard, paths.samples, "generate"),
        generated=read_images(paths.samples, "samples", _mend("generate")),
        grid=_picture(paths.sample_figures / "grid.png", "generate"),
        interpolation=_picture(paths.sample_figures / "interpolation.png", "generate"),
        reconstructions=_picture(paths.reconstructions, "generate") if paths.reconstructions.exists() else None,
        timeline=_timeline(paths.timeline),
        history=_history(paths.history),
        scores=_history(paths.scores, ("images", "training_fcd")) if paths.scores.exists() else {},
        evaluation=(evaluation := _json(Evaluation, paths.evaluation, "evaluate").root),
        nearest={
            name: _picture(paths.nearest / f"{name}.png", "evaluate")
            for name, metric in evaluation.items()
            if metric.pairs
        },
        run=_json(TrainRun, paths.train_run, "train"),
    )


def _mend(stage: str) -> str:
    return f"run `dvc repro {stage}`"


def _manifest(kind: type[T], folder: Path, stage: str) -> T:
    return _checked(kind, read_manifest(folder, _mend(stage)), folder / "manifest.json", stage)


def _json(kind: type[T], path: Path, stage: str) -> T:
    return _checked(kind, read_json(path, _mend(stage)), path, stage)


def _checked(kind: type[T], value: Any, path: Path, stage: str) -> T:
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise UserError(f"{path}: {first_fault(error)}; {_mend(stage)}".replace("\n", " ")) from None


def _picture(path: Path, stage: str) -> Picture:
    return read_picture(path, _mend(stage))


def _timeline(folder: Path) -> list[Frame]:
    if not folder.is_dir():
        raise UserError(f"{folder}: not found; {_mend('train')}")
    return read_timeline(folder, _mend("train"))


def _history(path: Path, required: tuple[str, ...] = HISTORY_COLUMNS) -> dict[str, Float[np.ndarray, " n"]]:
    """The columns of a CSV file; an empty cell is NaN."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            table = csv.DictReader(file)
            names = table.fieldnames or ()
            absent = [name for name in required if name not in names]
            if absent:
                raise UserError(f"{path}: no column {', '.join(absent)}; {_mend('train')}")
            rows = [[float(row[name] or "nan") for name in names] for row in table]
    except FileNotFoundError:
        raise UserError(f"{path}: not found; {_mend('train')}") from None
    except (OSError, ValueError, csv.Error) as error:
        raise UserError(f"{path}: not readable as numbers ({error}); {_mend('train')}") from error
    columns = np.array(rows, dtype=np.float64).reshape(-1, len(names)).T
    return dict(zip(names, columns, strict=True))
