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

from nashgan.records.train_run import TRAINING
from nashgan.records.train_run import Dataset as TrainingData
from nashgan.tracking.baseline import Differences, as_text
from nashgan.tracking.lineage import BASELINE, LINEAGE
from nashgan.tracking.markdown import NOTE, run_note, with_own_words
from nashgan.tracking.naming import metric_name, run_name
from nashgan.tracking.parents import PARENT, ensure_parent
from nashgan.tracking.store import Store

METRICS_A_BATCH = 1000  # the limits of MLflow's log_batch
PARAMS_A_BATCH = 100
DIGEST_LENGTH = 36  # the limit of a dataset's digest in MLflow

Row = Mapping[str, float]  # one row of the history; "images" is the step
KnownPoints = dict[str, dict[int, tuple[int, float]]]  # what a store shows: a metric, a step, its time in ms and value


@dataclass(frozen=True)
class RunDescription:
    """What is known of a training when it starts."""

    params: dict[str, Any]  # nested, section by section
    tags: dict[str, str]  # lineage, and the training's own name under TRAINING
    dataset: TrainingData
    differences: Differences | None = None  # from the commit that the experiment is based on; None: not known

    @property
    def name(self) -> str | None:
        """What the run is called."""
        return run_name(as_text(self.params), self.tags)


def create_run(store: Store, training: RunDescription, started: datetime | None = None) -> str:
    """A new run with its tags and name. Returns its id."""
    start_time = milliseconds(started) if started else None
    run = store.client.create_run(store.experiment_id, start_time, training.tags, training.name)
    return str(run.info.run_id)


def describe_run(store: Store, run_id: str, training: RunDescription) -> None:
    """Give a run its parameters and the dataset as input, as far as it lacks them, and the tags it has by now.

    A training that was stopped may have gone on under the name of another experiment, or of none. Its description is
    written again only then, because it also has the measured values.
    """
    client = store.client
    run = client.get_run(run_id)
    known, tags = run.data.tags, dict(training.tags)
    if NOTE not in known or any(known.get(key) != value for key, value in tags.items()):
        tags[NOTE] = with_own_words(run_note(tags, training.differences), known.get(NOTE, ""))
    if BASELINE in tags:
        tags[PARENT] = ensure_parent(store, tags[BASELINE], run.info.start_time)
    if training.name != run_name(run.data.params, known):  # before the tags, which tell another try what is left
        client.update_run(run_id, name=training.name)
    for outdated in known.keys() & {*LINEAGE, PARENT} - tags.keys():
        client.delete_tag(run_id, outdated)
    client.log_batch(run_id, tags=[RunTag(key, value) for key, value in tags.items() if known.get(key) != value])
    params = [Param(key, value) for key, value in as_text(training.params).items() if key not in run.data.params]
    for first in range(0, len(params), PARAMS_A_BATCH):
        client.log_batch(run_id, params=params[first : first + PARAMS_A_BATCH])
    if run.inputs is None or not run.inputs.dataset_inputs:
        context = InputTag("mlflow.data.context", "training")
        client.log_inputs(run_id, [DatasetInput(_dataset(training), [context])])


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


def send_rows(client: MlflowClient, run_id: str, rows: Iterable[tuple[int, Row]], delivered: KnownPoints) -> None:
    """Send history rows (each with its time in ms) against images seen, leaving out and adding to `delivered`.

    Of a step that was repeated from a checkpoint, a store shows the point with the latest time: the new one. A
    value that is not finite is no number to a store; the run's tag ``non_finite.<metric>`` says which and when.
    """
    points = {
        (metric_name(column), int(row["images"])): (time, row[column])
        for time, row in rows
        for column in row
        if column != "images"
    }
    metrics: list[Metric] = []
    tags: dict[str, str] = {}
    for (key, step), (time, value) in points.items():
        shown_at, shown = delivered.get(key, {}).get(step, (0, None))
        if not math.isfinite(value):
            tags.setdefault(f"non_finite.{key}", f"{value} at {step} images")
        elif value != shown:
            metrics.append(Metric(key, value, max(time, shown_at + 1), step))
    for first in range(0, len(metrics), METRICS_A_BATCH):
        client.log_batch(run_id, metrics=metrics[first : first + METRICS_A_BATCH])
    if tags:
        client.log_batch(run_id, tags=[RunTag(key, value) for key, value in tags.items()])
    for metric in metrics:
        delivered.setdefault(metric.key, {})[metric.step] = metric.timestamp, metric.value


def event_tag(images: int, kind: str, detail: str) -> tuple[str, str]:
    """The tag of what the watchdog noticed: its name and value."""
    return f"watchdog.{kind}", f"at {images} images: {detail}"


def send_system_metrics(client: MlflowClient, run_id: str, values: Mapping[str, float], step: int) -> None:
    """Send the machine's load against images seen; MLflow shows names under ``system/`` on a page of their own."""
    now = milliseconds(datetime.now())
    client.log_batch(run_id, metrics=[Metric(key, v, now, step) for key, v in values.items() if math.isfinite(v)])


def known_points(client: MlflowClient, run_id: str) -> KnownPoints:
    """What a run shows of every metric at every step, except MLflow's system metrics."""
    keys = [key for key in client.get_run(run_id).data.metrics if not key.startswith("system/")]
    histories = {
        key: sorted((p.timestamp, p.value, p.step) for p in client.get_metric_history(run_id, key)) for key in keys
    }
    return {key: {step: (time, value) for time, value, step in points} for key, points in histories.items()}


def send_image(client: MlflowClient, run_id: str, key: str, image: np.ndarray | Image.Image, step: int) -> None:
    """Add an image (uint8 (H, W, C), or Pillow's) to the run's image grid."""
    client.log_image(run_id, image, key=key, step=step)


def known_image_steps(client: MlflowClient, run_id: str, key: str) -> set[int]:
    """The steps at which a run's image grid has an image under `key`."""
    written = re.escape(key.replace("/", "~"))  # as log_image names its files
    name = re.compile(rf"images/{written}\+step\+(\d+)\+timestamp\+.*\.png")
    matches = (name.fullmatch(file.path) for file in client.list_artifacts(run_id, "images"))
    return {int(match[1]) for match in matches if match}


def _dataset(training: RunDescription) -> Dataset:
    name, digest, count = training.dataset.name, training.dataset.digest, training.dataset.count
    source = CodeDatasetSource({"dvc": "data/splits"})  # MLflow keeps one dataset a digest, whatever run it came with
    described = MetaDataset(source, name, digest[:DIGEST_LENGTH])  # type: ignore[abstract]
    return Dataset(**described.to_dict(), profile=json.dumps({"images": count, "digest": digest}))


def milliseconds(time: datetime) -> int:
    """A time as MLflow has it, in ms since 1970."""
    return int(time.timestamp() * 1000)
