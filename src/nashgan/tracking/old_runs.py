"""Runs of earlier versions, whose metrics stand in no section: ``fid``, ``fid_floor``, ``d_loss``.

MLflow cannot rename or delete a metric, neither through a server nor through its store's methods, and SQL of our own
would reach local stores only. So the training gets a new run under the new names, and the old one is deleted as MLflow
deletes: `mlflow runs restore --run-id …` brings it back. Points keep their times and values. The load of the machine,
the user's own tags and description, and the link to the logged model go along. A model version keeps its number and its
aliases, and points to the old run, because MLflow fixes that link; its description points to the new one.
"""

from collections.abc import Collection, Iterator

from mlflow import MlflowClient
from mlflow.entities import LoggedModelOutput, Metric, Run, RunTag

from nashgan.records.headline import HEADLINES
from nashgan.records.train_run import TRAINING
from nashgan.tracking.markdown import NOTE
from nashgan.tracking.naming import FINAL_STEP, metric_name
from nashgan.tracking.store import Store
from nashgan.tracking.upload import METRICS_A_BATCH, RunDescription

SYSTEM = "system/"
_FLOOR, _PROTOCOL = "_floor", "_protocol"


def renew(store: Store, run_id: str, description: RunDescription, curves: Collection[str]) -> str:
    """The id of the training's run: `run_id`, or one made anew where a run of the training has the old names.

    `curves` are the columns of the history and of the scores during the training. The caller holds the lock of the
    store. A process that is killed meanwhile leaves both runs; the next one goes on.
    """
    client = store.client
    runs = client.search_runs([store.experiment_id], f"tags.`{TRAINING}` = '{description.tags[TRAINING]}'")
    old = next((run for run in runs if _has_old_names(run, curves)), None)
    if old is None:
        return run_id
    new = next((str(run.info.run_id) for run in runs if not _has_old_names(run, curves)), None)  # of an earlier try
    if new is None:
        created = client.create_run(store.experiment_id, old.info.start_time, description.tags, description.name)
        new = str(created.info.run_id)
    points = list(_renamed(client, old, curves))
    for first in range(0, len(points), METRICS_A_BATCH):
        client.log_batch(new, metrics=points[first : first + METRICS_A_BATCH])
    client.log_batch(new, tags=_of_the_user(old, description))
    linked = _models(client.get_run(new))
    client.log_outputs(new, [LoggedModelOutput(*link) for link in _models(old).items() if link[0] not in linked])
    client.set_terminated(new, old.info.status, old.info.end_time)
    client.delete_run(old.info.run_id)
    return new


def _has_old_names(run: Run, curves: Collection[str]) -> bool:
    return any(key in curves or key in HEADLINES for key in run.data.metrics)


def _models(run: Run) -> dict[str, int]:
    """The logged models of a run, with the steps at which they were."""
    return {model.model_id: model.step for model in run.outputs.model_outputs} if run.outputs else {}


def _renamed(client: MlflowClient, old: Run, curves: Collection[str]) -> Iterator[Metric]:
    """All points of all metrics; a final value, formerly at the last images, moves to step 0."""
    for key in old.data.metrics:
        kept = key in curves or key.startswith(SYSTEM)
        name = key if key.startswith(SYSTEM) else metric_name(_column(key, curves))
        for point in client.get_metric_history(old.info.run_id, key):
            yield Metric(name, point.value, point.timestamp, point.step if kept else FINAL_STEP)


def _column(key: str, curves: Collection[str]) -> str:
    """DVC's column for the metric that had the name `key`."""
    if key in curves or key in HEADLINES or key.startswith("kept."):
        return key
    return f"floor.{key.removesuffix(_FLOOR)}" if key.endswith(_FLOOR) else f"samples.{key}"


def _of_the_user(old: Run, description: RunDescription) -> list[RunTag]:
    """Tags that a new run does not get by itself, and the description if there is one: nashgan had written none."""
    kept = {
        key: value
        for key, value in old.data.tags.items()
        if key not in description.tags and not key.endswith(_PROTOCOL) and not key.startswith("mlflow.")
    }
    note = {NOTE: old.data.tags[NOTE]} if NOTE in old.data.tags else {}
    return [RunTag(key, value) for key, value in {**kept, **note}.items()]
