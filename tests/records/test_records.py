"""Each record comes back as it was written; a missing, broken or foreign file is one line that says who makes it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from record_files import image_format, train_run, write_samples, write_splits

from nashgan.records import raw, samples, splits
from nashgan.records.evaluation import (
    HeldOutFloor,
    Measured,
    Metric,
    Pair,
    read_evaluation,
    write_evaluation,
)
from nashgan.records.examples import Examples, write_manifest
from nashgan.records.history import read_history, read_scores, write_history, write_scores
from nashgan.records.pictures import Picture, read_picture
from nashgan.records.raw import RawManifest, Unreadable
from nashgan.records.reference import (
    ReferenceManifest,
    read_reference_manifest,
    write_reference_manifest,
)
from nashgan.records.registration import Registration, read_registration, write_registration
from nashgan.records.train_run import (
    KeptMoment,
    TrainingScore,
    WatchdogEvent,
    read_train_run,
    write_train_run,
)
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import read_json, write_json
from nashgan.spaces.grid import image_grid, save_png

IMAGES = np.arange(2 * 8 * 8, dtype=np.uint8).reshape(2, 1, 8, 8)
PARAMS = {"model": {"name": "mlp"}, "objective": {"loss": "hinge"}, "train": {"images": 6400}}
ROWS = [{"images": 32.0, "d_loss": 0.1, "img_s": 9.5}, {"images": 64.0, "d_loss": 1e-300, "img_s": 1 / 3}]
EVALUATION = {
    "fid": Metric(
        value=25.0,
        floor=5.5,
        interval=(24.0, 26.0),
        floor_interval=(5.0, 6.0),
        protocol="inception n=2000",
        samples=2000,
        versions="torch 2",
        raw=Measured(value=30.0, interval=(29.0, 31.0)),
        other_seeds=[25.5, None],
        held_out_floor=HeldOutFloor(value=6.0, samples=500, floor=5.9, protocol="inception n=500"),
    ),
    "class_accuracy": Metric(
        value=0.5, floor=None, protocol="p", samples=9, higher_is_better=True, classes={"0": 1.0, "1": None}
    ),
    "memorisation": Metric(
        value=0.5,
        floor=0.5,
        protocol="p",
        samples=9,
        pairs=[Pair(sample=1, train=2, distance=0.25)],
        p_value=0.125,
        closer_than_all_held_out=3,
    ),
}


@dataclass(frozen=True)
class Record:
    """A file, the stage that makes it, how it is written (what must come back) and how it is read."""

    file: str
    stage: str
    write: Callable[[Path], object]
    read: Callable[[Path], object]


def written(write: Callable[[Path, Any], None], value: object) -> Callable[[Path], object]:
    def put(path: Path) -> object:
        write(path, value)
        return value

    return put


def write_raw(path: Path) -> RawManifest:
    manifest = RawManifest(
        examples=image_format(IMAGES),
        classes=["cat", "dog"],
        source={"name": "folder", "files": [{"name": "own.zip", "sha256": "0"}]},
        count=2,
        unreadable=[Unreadable(name="bad.png", reason="not an image of a known format")],
        digest="1" * 64,
    )
    write_manifest(path.parent, manifest)
    return manifest


def draw_picture(path: Path) -> Picture:
    save_png(path, image_grid(IMAGES, 2))
    return Picture(path.read_bytes(), 17, 8)


RUN = train_run(
    PARAMS,
    run_id="0" * 32,
    tracking_uri="sqlite:///mlflow.db",
    experiment="bold-idea",
    kept=KeptMoment(images=3200, score=0.5),
    score=TrainingScore(name="fcd", floor=0.125, protocol="classifier n=2000"),
    events=[WatchdogEvent(images=3200, kind="collapse", detail="alike")],
)
RECORDS = {
    "raw": Record("manifest.json", "download", write_raw, lambda path: raw.read_manifest(path.parent)),
    "splits": Record(
        "manifest.json",
        "split",
        lambda path: write_splits(path.parent, {"train": Examples(IMAGES, np.array([3, 0]))}),
        lambda path: splits.read_manifest(path.parent),
    ),
    "samples": Record(
        "manifest.json",
        "generate",
        lambda path: write_samples(path.parent, Examples(IMAGES), out_of_range={"value": 0.25, "interval": (0.2, 0.3)}),
        lambda path: samples.read_manifest(path.parent),
    ),
    "reference": Record(
        "manifest.json",
        "reference",
        written(
            lambda path, value: write_reference_manifest(path.parent, value),
            ReferenceManifest(split="train", count=2000),
        ),
        lambda path: read_reference_manifest(path.parent),
    ),
    "train run": Record("train_run.json", "train", written(write_train_run, RUN), read_train_run),
    "evaluation": Record("evaluation.json", "evaluate", written(write_evaluation, EVALUATION), read_evaluation),
    "registration": Record(
        "registry.json",
        "register",
        written(write_registration, Registration(name="nashgan", version="3", run_id="0", aliases=["challenger"])),
        read_registration,
    ),
    "history": Record("history.csv", "train", written(write_history, ROWS), read_history),
    "scores": Record("score.csv", "train", written(write_scores, [{"images": 32.0, "training_fcd": 0.1}]), read_scores),
    "picture": Record("grid.png", "generate", draw_picture, lambda path: read_picture(path, "generate")),
}
every_record = pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)


def refused(record: Record, path: Path) -> str:
    """The one line that a user reads."""
    with pytest.raises(UserError) as error:
        record.read(path)
    line = str(error.value)
    assert line.startswith(f"{path}: ") and line.endswith(f"; run `dvc repro {record.stage}`") and "\n" not in line
    return line


@every_record
def test_what_was_written_comes_back(tmp_path: Path, record: Record) -> None:
    path = tmp_path / record.file
    expected = record.write(path)
    assert record.read(path) == expected
    assert not list(tmp_path.glob(".*"))


@every_record
def test_a_missing_file_is_one_line(tmp_path: Path, record: Record) -> None:
    assert "not found" in refused(record, tmp_path / record.file)


@every_record
@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1]", b"null", b'"text"', b'{"format": 99}', b"\xff\xfe", b"\x89PNG\r\n", b"[" * 100_000],
    ids=["empty", "torn", "list", "null", "text", "another format", "no text", "picture", "deep"],
)
def test_a_broken_or_foreign_file_is_one_line(tmp_path: Path, record: Record, content: bytes) -> None:
    path = tmp_path / record.file
    path.write_bytes(content)
    refused(record, path)


@every_record
def test_a_folder_in_its_place_is_one_line(tmp_path: Path, record: Record) -> None:
    (tmp_path / record.file).mkdir()
    refused(record, tmp_path / record.file)


@pytest.mark.parametrize("name", sorted(set(RECORDS) - {"history", "scores", "picture", "evaluation"}))
def test_what_another_version_wrote_besides_is_passed_over_and_what_is_missing_is_named(
    tmp_path: Path, name: str
) -> None:
    record, path = RECORDS[name], tmp_path / RECORDS[name].file
    expected = record.write(path)
    values = read_json(path, "")
    write_json(path, values | {"news": 1})
    assert record.read(path) == expected
    required = next(key for key, field in type(expected).model_fields.items() if field.is_required())  # type: ignore[attr-defined]
    write_json(path, {key: value for key, value in values.items() if key != required})
    assert required in refused(record, path)
