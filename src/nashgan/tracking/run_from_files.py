"""A training's run, found in the store or rebuilt there from what the train stage wrote."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from mlflow import MlflowClient
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from nashgan.records.paths import Paths
from nashgan.records.pictures import Frame, read_timeline
from nashgan.runtime.errors import UserError, first_fault
from nashgan.runtime.files import read_json
from nashgan.tracking.store import Store, connect, one_line
from nashgan.tracking.upload import (
    TIMELINE,
    TRAINING,
    Row,
    Training,
    create_run,
    delivered_images,
    delivered_rows,
    describe_run,
    event_tag,
    find_run,
    milliseconds,
    send_image,
    send_rows,
)

MEND = "run `dvc repro train`"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class TrainedOn(_Part):
    """The training split, as the run's dataset."""

    name: str
    digest: str
    count: int


class Noticed(_Part):
    """What the watchdog noticed."""

    images: int
    kind: str
    detail: str


class TrainRecord(_Part):
    """models/train_run.json, as far as tracking reads it."""

    format: Literal[1]
    run_id: str | None
    started: datetime
    finished: datetime
    params: dict[str, dict[str, Any]]  # section by section
    tags: dict[str, str]
    dataset: TrainedOn
    generator: str = Field(min_length=1)  # fingerprint
    seconds: float | None = None  # trainings of earlier versions do not tell
    kept: dict[str, float] = {}  # after how many images the weights were those that are kept, and their fcd
    events: list[Noticed] = []

    @field_validator("params")
    @classmethod
    def _has_a_length(cls, params: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        if not isinstance(params.get("train", {}).get("images"), int):
            raise ValueError("train.images is missing")
        return params

    @field_validator("tags")
    @classmethod
    def _has_a_name(cls, tags: dict[str, str]) -> dict[str, str]:
        if TRAINING not in tags:
            raise ValueError(f"{TRAINING} is missing")
        return tags

    @property
    def images(self) -> int:
        """Images seen at the end of the training: the step of what is measured on its generator."""
        return int(self.params["train"]["images"])

    @property
    def ended(self) -> dict[str, float]:
        """What is measured once, at the end: a row of the history, its columns named as DVC names them."""
        seconds = {} if self.seconds is None else {"seconds": self.seconds}
        return {"images": self.images, **seconds, **{f"kept.{key}": value for key, value in self.kept.items()}}

    @property
    def training(self) -> Training:
        return Training(self.params, self.tags, self.dataset.model_dump())


def read_record(paths: Paths) -> TrainRecord:
    """models/train_run.json. Raises UserError where it is missing or not written by nashgan."""
    values = read_json(paths.train_run, MEND)
    try:
        return TrainRecord.model_validate(values)
    except ValidationError as error:
        raise UserError(f"{paths.train_run}: not a record of a training ({first_fault(error)}); {MEND}") from None


def ensure_run(paths: Paths) -> str:
    """The id of the run of the training whose files lie at `paths`.

    A store that does not know it (a fresh clone with a pulled cache, a deleted database, a server that was away) gets
    it from models/train_run.json, the history and the timeline; one that knows a part gets what is missing. Doing it
    twice changes nothing. Raises UserError where a file is missing or the store cannot be reached.
    """
    record = read_record(paths)
    store = connect(paths)
    with one_line(store.uri):
        return ensure_run_in(store, paths, record)


def ensure_run_in(store: Store, paths: Paths, record: TrainRecord) -> str:
    """`ensure_run` in a store that is open already."""
    client, training = store.client, record.training
    scores = _read_history(paths.scores) if paths.scores.is_file() else []  # trainings of earlier versions have none
    rows = [(_time_of(row, record), row) for row in [*_read_history(paths.history), *scores, record.ended]]
    frames = read_timeline(paths.timeline, MEND)
    with store.exclusive():
        run_id = find_run(store, record.run_id, record.tags[TRAINING])
        if run_id is None:
            run_id = create_run(store, training, record.started)
        describe_run(client, run_id, training)
        send_rows(client, run_id, rows, delivered_rows(client, run_id))
        for event in record.events:
            client.set_tag(run_id, *event_tag(event.images, event.kind, event.detail))
        _send_pictures(client, run_id, frames)
        _send_files(client, run_id, paths)
        if client.get_run(run_id).info.status != "FINISHED":
            client.set_terminated(run_id, "FINISHED", milliseconds(record.finished))
    return run_id


def _time_of(row: Row, record: TrainRecord) -> int:
    """When a row was measured, in ms: the history counts images, and training is even."""
    share = min(row["images"] / record.images, 1.0)
    return milliseconds(record.started + share * (record.finished - record.started))


def _read_history(path: Path) -> list[dict[str, float]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            columns = reader.fieldnames or ()
            rows = [{key: float(value) for key, value in row.items()} for row in reader]
    except FileNotFoundError:
        raise UserError(f"{path}: not found; {MEND}") from None
    except (OSError, ValueError, TypeError, csv.Error) as error:  # TypeError: a row with too few or too many cells
        raise UserError(f"{path}: not a history written by nashgan ({error}); {MEND}") from error
    if "images" not in columns:
        raise UserError(f"{path}: not a history written by nashgan (no column `images`); {MEND}")
    return rows


def _send_pictures(client: MlflowClient, run_id: str, frames: Iterable[Frame]) -> None:
    present = delivered_images(client, run_id, TIMELINE)
    for frame in frames:
        if frame.images not in present:
            with Image.open(io.BytesIO(frame.picture.png)) as image:
                send_image(client, run_id, TIMELINE, image, frame.images)


def _send_files(client: MlflowClient, run_id: str, paths: Paths) -> None:
    listed = {file.path for file in client.list_artifacts(run_id)}
    for path in (paths.train_run, paths.history, paths.scores):
        if path.is_file() and path.name not in listed:
            client.log_artifact(run_id, str(path))
