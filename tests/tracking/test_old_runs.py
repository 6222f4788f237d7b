"""Runs and versions of earlier versions get the new names, once, and lose nothing that stands only in MLflow."""

import pytest
from mlflow.entities import LoggedModelOutput, Metric
from tracked import COLUMNS, history_row

from nashgan.records.paths import Paths
from nashgan.records.train_run import TRAINING
from nashgan.tracking.markdown import NOTE
from nashgan.tracking.naming import metric_name
from nashgan.tracking.run_from_files import ensure_run
from nashgan.tracking.run_results import log_evaluation
from nashgan.tracking.store import Store, connect

FORMER = {
    "fid": 25.0, "fid_floor": 5.5, "fcd": 0.025, "fcd_floor": 5.5, "kid": 0.5, "seconds": 120.0, "kept.images": 6400.0,
}  # fmt: skip


@pytest.fixture
def store(workspace: Paths) -> Store:
    return connect(workspace)


def former_run(store: Store) -> tuple[str, str]:
    """A run as it was, with a user's tag and description, the load of the machine, and a logged model; both ids."""
    client = store.client
    tags = {TRAINING: "training-0", "fid_protocol": "inception, 2000 of train", "mine": "kept", NOTE: "my words"}
    run_id = str(client.create_run(store.experiment_id, 1_000, tags, "ccccccc").info.run_id)
    rows = [(key, value, step) for step in (3200, 6400) for key, value in history_row(step).items() if key != "images"]
    points = [*rows, *((key, value, 6400) for key, value in FORMER.items()), ("system/cpu", 50.0, 3200)]
    client.log_batch(run_id, [Metric(key, value, 2_000, step) for key, value, step in points])
    model = client.create_logged_model(store.experiment_id, "generator", run_id)
    client.log_outputs(run_id, [LoggedModelOutput(model.model_id, 0)])
    client.set_terminated(run_id, "FINISHED", 3_000)
    return run_id, model.model_id


def test_a_former_run_is_made_anew_once(workspace: Paths, store: Store) -> None:
    former, model_id = former_run(store)
    new = ensure_run(workspace)
    assert new != former and ensure_run(workspace) == new
    log_evaluation(workspace)
    run, client = store.client.get_run(new), store.client
    assert client.get_run(former).info.lifecycle_stage == "deleted"
    assert [found.info.run_id for found in client.search_runs([store.experiment_id])] == [new]
    assert (run.info.start_time, run.info.end_time, run.info.status) == (1_000, 3_000, "FINISHED")
    finals = {
        "headline/fid": 25.0, "headline/fcd": 0.025, "samples/floor/fid": 5.5, "samples/floor/fcd": 5.5,
        "samples/kid": 0.5, "headline/seconds": 120.0, "training/kept/images": 6400.0,
    }  # fmt: skip
    curves = {metric_name(column): history_row(6400)[column] for column in COLUMNS[1:]}
    added = {"headline/images_per_second": 6400 / 120}  # which an earlier version did not tell
    assert run.data.metrics == finals | curves | {"system/cpu": 50.0} | added
    for name in finals:
        assert [(point.step, point.timestamp) for point in client.get_metric_history(new, name)] == [(0, 2_000)]
    assert [point.step for point in client.get_metric_history(new, "training/d_loss")] == [3200, 6400]
    assert run.data.tags["mine"] == "kept" and "fid_protocol" not in run.data.tags
    assert run.data.tags[NOTE].endswith("my words") and "| **fid** | 25 |" in run.data.tags[NOTE]
    assert run.outputs is not None and [output.model_id for output in run.outputs.model_outputs] == [model_id]


def test_a_renewal_that_was_killed_goes_on(workspace: Paths, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    former, _ = former_run(store)
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr("mlflow.MlflowClient.delete_run", lambda *_: 1 / 0)
        ensure_run(workspace)
    new = ensure_run(workspace)
    runs = store.client.search_runs([store.experiment_id])
    assert [run.info.run_id for run in runs] == [new] and new != former


def test_a_user_s_own_metric_leaves_a_run_as_it_is(workspace: Paths, store: Store) -> None:
    run_id = ensure_run(workspace)
    store.client.log_metric(run_id, "my score", 1.0)
    assert ensure_run(workspace) == run_id
