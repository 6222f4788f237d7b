"""What a run consists of, sent to a store: in batches, and only what the store does not have yet."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from mlflow import MlflowClient
from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.meta_dataset import MetaDataset
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from PIL import Image

from nashgan.tracking.lineage import run_name
from nashgan.tracking.store import Store

TRAINING = "nashgan.training"  # tag: names a training for good; a run id lasts only as long as its store
TIMELINE = "samples"  # key of the timeline in the image grid
METRICS_A_BATCH = 1000  # the limits of MLflow's log_batch
PARAMS_A_BATCH = 100
DIGEST_LENGTH = 36  # the limit of a dataset's digest in MLflow

Row = Mapping[str, float]  # one row of the history; "images" is the step
Delivered = dict[str, set[int]]  # the steps a store already has, a metric or an image key


@dataclass(frozen=True)
class Training:
    """What is known of a training when it starts."""

    params: dict[str, Any]  # nested, section by section
    tags: dict[str, str]  # lineage, and the training's own name under TRAINING
    dataset: dict[str, Any]  # name, digest, count


def create_run(store: Store, training: Training, started: datetime | None = None) -> str:
    """A new run with its tags, named by experiment or commit. Returns its id."""
    start_time = milliseconds(started) if started else None
    run = store.client.create_run(store.experiment_id, start_time, training.tags, run_name(training.tags))
    return str(run.info.run_id)


def describe_run(client: MlflowClient, run_id: str, training: Training) -> None:
    """Give a run its parameters and the dataset as input, as far as it lacks them."""
    run = client.get_run(run_id)
    params = [Param(key, value) for key, value in flatten(training.params).items() if key not in run.data.params]
    for first in range(0, len(params), PARAMS_A_BATCH):
        client.log_batch(run_id, params=params[first : first + PARAMS_A_BATCH])
    if run.inputs is None or not run.inputs.dataset_inputs:
        context = InputTag("mlflow.data.context", "training")
        client.log_inputs(run_id, [DatasetInput(_dataset(training), [context])])


def flatten(params: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """``{"train": {"images": 320000}}`` as ``{"train.images": "320000"}``, null for None."""
    flat: dict[str, str] = {}
    for key, value in params.items():
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{prefix}{key}."))
        else:
            flat[prefix + key] = value if isinstance(value, str) else json.dumps(value)
    return flat


def find_run(store: Store, run_id: str | None, uid: str) -> str | None:
    """The run with this id, else the one tagged as this training, else None; deleted runs do not count."""
    if run_id is not None:
        try:
            run = store.client.get_run(run_id)
        except MlflowException as error:
            if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                raise
        else:
            if run.info.lifecycle_stage == "active":
                return run_id
    found = store.client.search_runs([store.experiment_id], f"tags.`{TRAINING}` = '{uid}'", max_results=1)
    return str(found[0].info.run_id) if found else None


def send_rows(client: MlflowClient, run_id: str, rows: Iterable[tuple[int, Row]], delivered: Delivered) -> None:
    """Send history rows (each with its time in ms) against images seen, leaving out and adding to `delivered`.

    A value that is not finite is no number to a store; the run's tag ``non_finite.<metric>`` says which and when.
    """
    metrics: list[Metric] = []
    tags: dict[str, str] = {}
    sent: list[tuple[str, int]] = []
    for milliseconds, row in rows:
        step = int(row["images"])
        for key, value in row.items():
            if key == "images" or step in delivered.get(key, ()):
                continue
            sent.append((key, step))
            if math.isfinite(value):
                metrics.append(Metric(key, value, milliseconds, step))
            else:
                tags.setdefault(f"non_finite.{key}", f"{value} at {step} images")
    for first in range(0, len(metrics), METRICS_A_BATCH):
        client.log_batch(run_id, metrics=metrics[first : first + METRICS_A_BATCH])
    if tags:
        client.log_batch(run_id, tags=[RunTag(key, value) for key, value in tags.items()])
    for key, step in sent:
        delivered.setdefault(key, set()).add(step)


def event_tag(images: int, kind: str, detail: str) -> tuple[str, str]:
    """The tag of what the watchdog noticed: its name and value."""
    return f"watchdog.{kind}", f"at {images} images: {detail}"


def send_system_metrics(client: MlflowClient, run_id: str, values: Mapping[str, float], step: int) -> None:
    """Send the machine's load against images seen; MLflow shows names under ``system/`` on a page of their own."""
    now = milliseconds(datetime.now())
    client.log_batch(run_id, metrics=[Metric(key, v, now, step) for key, v in values.items() if math.isfinite(v)])


def delivered_rows(client: MlflowClient, run_id: str) -> Delivered:
    """The steps of every metric of a run, except MLflow's system metrics."""
    keys = [key for key in client.get_run(run_id).data.metrics if not key.startswith("system/")]
    return {key: {metric.step for metric in client.get_metric_history(run_id, key)} for key in keys}


def send_image(client: MlflowClient, run_id: str, key: str, image: np.ndarray | Image.Image, step: int) -> None:
    """Add an image (uint8 (H, W, C), or Pillow's) to the run's image grid."""
    client.log_image(run_id, image, key=key, step=step)


def delivered_images(client: MlflowClient, run_id: str, key: str) -> set[int]:
    """The steps at which a run's image grid has an image under `key`."""
    name = re.compile(rf"images/{re.escape(key)}\+step\+(\d+)\+timestamp\+.*\.png")  # as log_image names its files
    matches = (name.fullmatch(file.path) for file in client.list_artifacts(run_id, "images"))
    return {int(match[1]) for match in matches if match}


def _dataset(training: Training) -> Dataset:
    name, digest, count = (training.dataset[key] for key in ("name", "digest", "count"))
    source = CodeDatasetSource({"dvc": "data/splits"})  # MLflow keeps one dataset a digest, whatever run it came with
    described = MetaDataset(source, name, digest[:DIGEST_LENGTH])  # type: ignore[abstract]
    return Dataset(**described.to_dict(), profile=json.dumps({"images": count, "digest": digest}))


def milliseconds(time: datetime) -> int:
    """MLflow's measure of time."""
    return int(time.timestamp() * 1000)
