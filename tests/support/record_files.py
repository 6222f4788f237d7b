"""Records as stages write them, for tests that begin in the middle of the pipeline."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import torch

from nashgan.records.examples import ExampleFormat, Examples, write_examples, write_manifest
from nashgan.records.history import MEMORY, SPEED, Row
from nashgan.records.samples import NAME, SamplesManifest
from nashgan.records.splits import Split, SplitsManifest
from nashgan.records.train_run import TRAINING, Dataset, KeptMoment, TrainRun

CPU = torch.device("cpu")
OF_THE_MACHINE = (SPEED, MEMORY)  # columns of the history that are not results: they differ when it is repeated
STARTED = datetime(2026, 1, 1, 10, tzinfo=UTC)


def image_format(images: np.ndarray) -> ExampleFormat:
    """The format of the images in an array (N, C, H, W)."""
    return ExampleFormat(space="image", shape=images.shape[1:], dtype="uint8")


def repeatable(rows: Sequence[Row]) -> list[Row]:
    """The rows of a history without what depends on the machine."""
    return [{name: value for name, value in row.items() if name not in OF_THE_MACHINE} for row in rows]


def sha(*arrays: np.ndarray | None) -> str:
    """The sha256 of the arrays' bytes."""
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays if array is not None)).hexdigest()


def write_splits(folder: Path, parts: Mapping[Any, Examples], **more: Any) -> SplitsManifest:
    """Write the examples of each split and their manifest; `more` are its fields."""
    first = next(iter(parts.values()))
    classes = more.pop("classes", None if first.labels is None else [str(label) for label in range(10)])
    splits = {}
    for name, data in parts.items():
        write_examples(folder, name, data)
        histogram = None if data.labels is None else np.bincount(data.labels, minlength=len(classes)).tolist()
        splits[name] = Split(count=len(data), histogram=histogram, sha256=sha(data.values, data.labels))
    values = {
        "source": {"name": "mnist5k"},
        "examples": image_format(first.values),
        "classes": classes,
        "splits": splits,
        "duplicates": 0,
        "unreadable": [],
        "digest": "0" * 64,
    }
    manifest = SplitsManifest.model_validate(values | more)
    write_manifest(folder, manifest)
    return manifest


def write_samples(folder: Path, data: Examples, **more: Any) -> SamplesManifest:
    """Write samples and their manifest; `more` are its fields."""
    write_examples(folder, NAME, data)
    classes = None if data.labels is None else [str(label) for label in range(int(data.labels.max()) + 1)]
    values = {
        "examples": image_format(data.values),
        "classes": classes,
        "seed": 0,
        "count": len(data),
        "generator": sha(data.values),
    }
    manifest = SamplesManifest.model_validate(values | more)
    write_manifest(folder, manifest)
    return manifest


def train_run(params: dict[str, Any], **more: Any) -> TrainRun:
    """A finished training; `more` are its fields."""
    images = params["train"]["images"]
    values = {
        "format": 1,
        "run_id": None,
        "tracking_uri": None,
        "experiment": None,
        "started": STARTED,
        "finished": STARTED + timedelta(minutes=2),
        "params": params,
        "tags": {TRAINING: "training-0"},
        "dataset": Dataset(name="mnist5k", digest="0123456789abcdef" * 4, count=4000),
        "generator": "0" * 64,
        "kept": KeptMoment(images=images),
        "seconds": 120.0,
        "device": "cpu, 1 thread, fp32",
    }
    return TrainRun.model_validate(values | more)
