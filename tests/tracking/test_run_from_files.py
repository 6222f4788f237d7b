"""Runs rebuilt from files: complete, once, and again after the database is gone."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tracked import COLUMNS, DATASET, DIGEST, fill_workspace, history_row

from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import write_json, write_text
from nashgan.tracking.live_run import TrainingRun
from nashgan.tracking.naming import TIMELINE, metric_name
from nashgan.tracking.run_from_files import ensure_run
from nashgan.tracking.store import connect
from nashgan.tracking.upload import known_image_steps, known_points


def test_an_unknown_run_is_rebuilt_once(workspace: Paths) -> None:
    run_id = ensure_run(workspace)
    assert ensure_run(workspace) == run_id
    store = connect(workspace)
    (run,) = store.client.search_runs([store.experiment_id])
    assert (run.info.run_name, run.info.status) == ("mlp non_saturating · mnist5k · bold-idea", "FINISHED")
    assert run.info.end_time is not None and run.info.end_time - run.info.start_time == 120_000
    assert run.data.params["train.images"] == "6400"
    halfway, end = (point.timestamp for point in store.client.get_metric_history(run_id, "training/d_loss"))
    assert (end - run.info.start_time, halfway - run.info.start_time) == (120_000, 60_000)
    ended = {"headline/seconds": 120.0, "headline/images_per_second": 6400 / 120, "training/kept/images": 6400.0}
    assert run.data.metrics == {metric_name(name): history_row(6400)[name] for name in COLUMNS[1:]} | ended
    assert known_image_steps(store.client, run_id, TIMELINE) == {0, 3200, 6400}
    files = {file.path for file in store.client.list_artifacts(run_id)}
    assert files == {"images", "train_run.json", "history.csv", "score.csv"}
    assert run.inputs is not None and DIGEST.startswith(run.inputs.dataset_inputs[0].dataset.digest)


def test_only_pictures_named_by_images_seen_are_of_the_timeline(workspace: Paths) -> None:
    for name in ("000003200 copy.png", "best.png", "12,800.png"):
        (workspace.timeline / name).write_bytes(b"no picture")
    assert known_image_steps(connect(workspace).client, ensure_run(workspace), TIMELINE) == {0, 3200, 6400}


def test_scores_on_the_way_are_rebuilt_and_sent_once(workspace: Paths) -> None:
    write_text(workspace.scores, "images,training_fcd\n3200,0.5\n6400,0.25\n")
    with TrainingRun.start(workspace, {"train": {"images": 6400}}, DATASET, uid="training-0") as live:
        live.history({"images": 3200, "training_fcd": 0.5})
    assert live.run_id is not None
    for _ in range(2):
        assert ensure_run(workspace) == live.run_id
    client = connect(workspace).client
    points = client.get_metric_history(live.run_id, "training/fcd")
    assert sorted((point.step, point.value) for point in points) == [(3200, 0.5), (6400, 0.25)]
    assert workspace.scores.name in {file.path for file in client.list_artifacts(live.run_id)}


def test_a_deleted_run_and_a_new_clone_are_rebuilt(workspace: Paths, tmp_path_factory: pytest.TempPathFactory) -> None:
    first = ensure_run(workspace)
    connect(workspace).client.delete_run(first)
    second = ensure_run(workspace)
    assert second != first
    clone = tmp_path_factory.mktemp("clone")
    for folder in ("models", "reports"):
        shutil.copytree(workspace.root / folder, clone / folder)
    assert ensure_run(Paths(clone)) not in (first, second)


def test_a_live_run_gets_only_what_it_lacks(tmp_path: Path) -> None:
    with TrainingRun.start(Paths(tmp_path), {"train": {"images": 6400}}, DATASET) as run:
        run.history(history_row(3200))
        run.image(TIMELINE, np.zeros((8, 8, 3), np.uint8), 0)
    workspace = fill_workspace(tmp_path, run_id=run.run_id)
    assert ensure_run(workspace) == run.run_id
    client = connect(workspace).client
    assert sorted(point.step for point in client.get_metric_history(run.run_id, "training/g_loss")) == [3200, 6400]
    ended = {"headline/seconds", "headline/images_per_second", "training/kept/images"}
    assert known_points(client, run.run_id).keys() == set(map(metric_name, COLUMNS[1:])) | ended
    assert len(client.list_artifacts(run.run_id, "images")) == 2 * 3  # a picture and its small copy each


def test_a_step_that_the_watchdog_took_back_is_corrected_once(tmp_path: Path) -> None:
    with TrainingRun.start(Paths(tmp_path), {"train": {"images": 6400}}, DATASET) as run:
        run.history(history_row(6400) | {"d_loss": 99.0})  # after the time that the record says
    assert run.run_id is not None
    workspace = fill_workspace(tmp_path, run_id=run.run_id)
    for _ in range(2):
        ensure_run(workspace)
    client = connect(workspace).client
    points = sorted((point.step, point.value) for point in client.get_metric_history(run.run_id, "training/d_loss"))
    assert points == [(3200, history_row(3200)["d_loss"]), (6400, history_row(6400)["d_loss"]), (6400, 99.0)]
    assert client.get_run(run.run_id).data.metrics["training/d_loss"] == history_row(6400)["d_loss"]


def test_what_is_measured_at_the_end_stands_at_step_0(workspace: Paths) -> None:
    record = json.loads(workspace.train_run.read_text())
    write_json(workspace.train_run, record | {"seconds": 160.5, "kept": {"images": 3200, "score": 0.25}})
    run_id, client = ensure_run(workspace), connect(workspace).client
    for name, value in {"headline/seconds": 160.5, "training/kept/images": 3200, "training/kept/score": 0.25}.items():
        assert [(point.step, point.value) for point in client.get_metric_history(run_id, name)] == [(0, value)]


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", "images,img_s\n1,x\n", "images,img_s\n1\n", "images,img_s\n1,2,3\n", "images\n1\n", "\0"]
)
def test_a_garbled_history_is_one_line(workspace: Paths, text: str) -> None:
    write_text(workspace.history, text)
    assert_one_line(workspace)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 2}', '{"format": 1}'])
def test_a_garbled_record_is_one_line(workspace: Paths, text: str) -> None:
    write_text(workspace.train_run, text)
    assert_one_line(workspace)


def test_a_record_with_broken_parts_is_one_line(workspace: Paths) -> None:
    workspace.mlflow_store.unlink()
    record = json.loads(workspace.train_run.read_text())
    for key, value in (("tags", {}), ("started", "yesterday"), ("dataset", []), ("params", 3)):
        write_text(workspace.train_run, json.dumps(record | {key: value}))
        assert_one_line(workspace)
    assert not workspace.mlflow_store.exists()


def assert_one_line(workspace: Paths) -> None:
    with pytest.raises(UserError) as refused:
        ensure_run(workspace)
    assert "dvc repro train" in str(refused.value) and "\n" not in str(refused.value)
