"""A live run on a real store: complete, in the background, and one run however often it is resumed."""

import json
import math
import sqlite3
import statistics
import threading
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from PIL import Image
from tracked import COLUMNS, DATASET, DIGEST, PARAMS, history_row

from nashgan.records.paths import Paths
from nashgan.records.train_run import TRAINING
from nashgan.runtime.errors import Interrupted, UserError
from nashgan.tracking import background_upload
from nashgan.tracking import store as store_module
from nashgan.tracking.background_upload import BackgroundUpload
from nashgan.tracking.lineage import COMMIT, EXPERIMENT, STAGE
from nashgan.tracking.live_run import TrainingRun
from nashgan.tracking.naming import TIMELINE, metric_name
from nashgan.tracking.store import Store, connect
from nashgan.tracking.upload import RunDescription, create_run, describe_run, known_image_steps, known_points


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    return Paths(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def store(paths: Paths) -> Store:
    return connect(paths)


def tracked(store: Store, run: TrainingRun) -> Run:
    assert run.run_id is not None
    return store.client.get_run(run.run_id)


def test_a_run_holds_everything(paths: Paths, store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DVC_EXP_NAME", "bold-idea")
    picture = tmp_path / "grid.png"
    Image.new("L", (32, 32)).save(picture)
    with TrainingRun.start(paths, PARAMS, DATASET) as run:
        assert tracked(store, run).info.status == "RUNNING"
        for step in (3200, 6400):
            run.history(history_row(step))
        run.image(TIMELINE, np.zeros((32, 32, 3), np.uint8), 0)
        run.image(TIMELINE, picture, 3200)
    found = tracked(store, run)
    assert (found.info.run_name, found.info.status) == ("mlp non_saturating · mnist5k · bold-idea", "FINISHED")
    assert found.data.params == {
        "data.name": "mnist5k",
        "data.mirror": "[]",
        "data.channels": "null",
        "model.name": "mlp",
        "objective.loss": "non_saturating",
        "train.images": "6400",
        "train.lr_generator": "0.0002",
    }
    assert found.data.tags.items() >= run.tags.items() and len(run.tags[TRAINING]) == 32
    shown = known_points(store.client, found.info.run_id)
    steps = {name: set(points) for name, points in shown.items()}
    assert steps == {metric_name(column): {3200, 6400} for column in COLUMNS[1:]}
    assert found.data.metrics["training/d_loss"] == history_row(6400)["d_loss"]
    assert known_image_steps(store.client, found.info.run_id, TIMELINE) == {0, 3200}
    assert {"system/cpu_utilization_percentage", "system/system_memory_usage_megabytes"} <= found.data.metrics.keys()
    assert found.inputs is not None
    (dataset,) = found.inputs.dataset_inputs
    assert DIGEST.startswith(dataset.dataset.digest) and dataset.dataset.name == "mnist5k"
    assert [(tag.key, tag.value) for tag in dataset.tags] == [("mlflow.data.context", "training")]
    assert json.loads(dataset.dataset.profile or "") == {"images": 4000, "digest": DIGEST}


def test_resumed_rows_are_one_run_and_counted_once(paths: Paths, store: Store) -> None:
    with pytest.raises(Interrupted), TrainingRun.start(paths, PARAMS, DATASET) as first:
        for step in (100, 200, 300):
            first.history(history_row(step))
        first.image(TIMELINE, np.zeros((32, 32, 3), np.uint8), 200)
        raise Interrupted("stopped")
    assert tracked(store, first).info.status == "KILLED"
    with TrainingRun.start(paths, PARAMS, DATASET, resume_run_id=first.run_id) as again:
        assert tracked(store, again).info.status == "RUNNING"
        for step in (200, 300, 400):  # from a checkpoint at 200
            again.history(history_row(step))
        again.image(TIMELINE, np.zeros((32, 32, 3), np.uint8), 200)
    assert again.run_id == first.run_id
    found = tracked(store, again)
    assert found.info.status == "FINISHED" and found.data.tags[TRAINING] == again.tags[TRAINING]
    history = store.client.get_metric_history(found.info.run_id, "training/d_loss")
    assert [point.step for point in history] == [100, 200, 300, 400]
    files = store.client.list_artifacts(found.info.run_id, "images")
    assert len([file for file in files if file.path.endswith(".png")]) == 1


def test_a_step_that_is_played_again_shows_what_came_of_it(paths: Paths, store: Store) -> None:
    with TrainingRun.start(paths, PARAMS, DATASET) as run:
        run.history({"images": 100, "d_loss": 9.0})
    for values in ((8.0, 7.0), (0.5,)):  # played twice while nothing was sent; and after the watchdog went back
        with TrainingRun.start(paths, PARAMS, DATASET, resume_run_id=run.run_id) as again:
            for value in values:
                again.history({"images": 100, "d_loss": value})
        assert tracked(store, again).data.metrics["training/d_loss"] == values[-1]


def test_a_training_that_goes_on_has_the_name_it_ends_with(
    paths: Paths, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = None
    for name in ("first-try", "second-try"):
        monkeypatch.setenv("DVC_EXP_NAME", name)
        with TrainingRun.start(paths, PARAMS, DATASET, resume_run_id=run_id, uid="named") as run:
            run_id = run.run_id
        found = tracked(store, run)
        assert (found.info.run_name, found.data.tags[EXPERIMENT]) == (f"mlp non_saturating · mnist5k · {name}", name)
    store.client.update_run(str(run_id), name="what the user calls it")
    with TrainingRun.start(paths, PARAMS, DATASET, uid="named") as run:
        pass
    assert tracked(store, run).info.run_name == "what the user calls it"
    monkeypatch.delenv("DVC_EXP_NAME")
    with TrainingRun.start(paths, PARAMS, DATASET, uid="named") as run:
        pass
    assert run.run_id == run_id and EXPERIMENT not in tracked(store, run).data.tags


@pytest.mark.parametrize("call", ["update_run", "delete_tag", "log_batch"])
@pytest.mark.parametrize("lineage", [{EXPERIMENT: "second-try"}, {}])
def test_a_rename_that_the_store_broke_off_is_done_by_the_next_try(
    store: Store, monkeypatch: pytest.MonkeyPatch, call: str, lineage: dict[str, str]
) -> None:
    tags = {COMMIT: "c" * 40, TRAINING: f"{call}-{len(lineage)}"}
    first = RunDescription(PARAMS, {**tags, EXPERIMENT: "first-try", STAGE: "train"}, DATASET)
    now = RunDescription(PARAMS, {**tags, **lineage}, DATASET)
    run_id = create_run(store, first)
    describe_run(store, run_id, first)

    def away(*_: object, **__: object) -> None:
        raise MlflowException("the store is away")

    with monkeypatch.context() as patch, pytest.raises(MlflowException):
        patch.setattr(store.client, call, away)
        describe_run(store, run_id, now)
    describe_run(store, run_id, now)
    found = store.client.get_run(run_id)
    name = "mlp non_saturating · mnist5k" + " · second-try" * bool(lineage)
    assert (found.info.run_name, found.data.tags.get(EXPERIMENT)) == (name, lineage.get(EXPERIMENT))


def test_an_unknown_run_is_begun_anew(paths: Paths, store: Store) -> None:
    with TrainingRun.start(paths, PARAMS, DATASET, resume_run_id="0" * 32) as run:
        pass
    assert run.run_id not in (None, "0" * 32) and tracked(store, run).data.params


def test_not_finite_is_a_tag_and_no_number(paths: Paths, store: Store) -> None:
    with TrainingRun.start(paths, PARAMS, DATASET) as run:
        run.history({"images": 100, "d_loss": math.nan, "g_loss": 1.0})
        run.history({"images": 200, "d_loss": -math.inf, "g_loss": math.inf})
    found = tracked(store, run)
    assert {key: value for key, value in found.data.metrics.items() if "system" not in key} == {"training/g_loss": 1.0}
    assert found.data.tags["non_finite.training/d_loss"] == "nan at 100 images"
    assert found.data.tags["non_finite.training/g_loss"] == "inf at 200 images"


def test_a_failed_training_is_a_failed_run(paths: Paths, store: Store) -> None:
    with pytest.raises(ZeroDivisionError), TrainingRun.start(paths, PARAMS, DATASET) as run:
        raise ZeroDivisionError
    assert tracked(store, run).info.status == "FAILED"


def test_history_costs_the_caller_microseconds(paths: Paths, store: Store) -> None:
    with TrainingRun.start(paths, PARAMS, DATASET) as run:
        row, seconds = history_row(1), []
        for step in range(1, 3001):
            began = time.perf_counter()
            run.history({**row, "images": step})
            seconds.append(time.perf_counter() - began)
    assert statistics.median(seconds) < 100e-6  # about 2 µs, without the checks of shapes and types in tests
    assert run.run_id is not None
    assert len(store.client.get_metric_history(run.run_id, "training/d_loss")) == 3000


def test_a_broken_local_store_is_known_before_the_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as database:
        database.execute("CREATE TABLE words (word TEXT)")
        database.commit()
    before = set(threading.enumerate())
    with pytest.raises(UserError, match="not an MLflow store"):
        TrainingRun.start(Paths(tmp_path), PARAMS, DATASET)
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive(), "it goes on trying"
    assert capsys.readouterr().err == ""


def test_a_local_store_that_refuses_after_the_start_is_told_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(background_upload, "RETRY", 0.1)
    monkeypatch.setattr(store_module, "LOCK_TIMEOUT", 1.0)
    thread = BackgroundUpload(Paths(tmp_path), RunDescription(PARAMS, {TRAINING: "held"}, DATASET), None)
    thread.patience = 0.05  # less than the lock's, as outside of tests
    with FileLock(tmp_path / "mlflow.db.lock"):
        thread.begin()
        run, told = TrainingRun(thread), ""
        run.history(history_row(3200))
        began = time.monotonic()
        while "held by another process" not in told and time.monotonic() - began < 30:
            told += capsys.readouterr().err
            time.sleep(0.02)
    assert told.startswith("warning: ") and told.count("\n") == 1
    thread.patience = 60.0
    assert run.finish() is not None
    assert tracked(connect(Paths(tmp_path)), run).data.metrics["training/d_loss"] == history_row(3200)["d_loss"]
