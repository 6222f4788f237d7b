"""Tracking servers that are away, hang, or die: training goes on, and what is missing arrives later, once."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from tracked import COLUMNS, DATASET, PARAMS, end, fill_workspace, free_port, history_row, mlflow_server

from nashgan.models.bundle import load_generator
from nashgan.paths import Paths
from nashgan.tracking.delivery import TIMELINE, TRAINING, delivered_images, delivered_rows
from nashgan.tracking.promotion import promote, resolve_generator
from nashgan.tracking.rebuild import ensure_run
from nashgan.tracking.registry import register
from nashgan.tracking.run import TrainingRun
from nashgan.tracking.store import connect

TRAIN = """
import sys, time
from pathlib import Path
from nashgan.paths import Paths
from nashgan.tracking.run import TrainingRun
began = time.monotonic()
with TrainingRun.start(Paths(Path(sys.argv[1])), {"train": {}}, {"name": "n", "digest": "d", "count": 1}) as run:
    for step in range(10):
        run.history({"images": step, "d_loss": 1.0})
    assert run.run_id is None
print(time.monotonic() - began, flush=True)
"""


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts connections and never answers."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(100)
        yield int(listener.getsockname()[1])


def train_against(port: int, home: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[float, float, str]:
    """Train in a process of its own. Returns seconds inside the run, seconds from there to its exit, and stderr."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://user:secret@127.0.0.1:{port}")
    process = subprocess.Popen(
        [sys.executable, "-c", TRAIN, str(home)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None and process.stderr is not None
        seconds = float(process.stdout.readline())
        printed = time.monotonic()
        errors = process.stderr.read()
    assert process.returncode == 0
    return seconds, time.monotonic() - printed, errors


def test_a_dead_server_costs_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds, leaving, errors = train_against(free_port(), tmp_path, monkeypatch)
    assert seconds < 3 and leaving < 2
    assert errors.startswith("warning: MLflow at http://***@127.0.0.1:") and errors.count("\n") == 1


def test_a_hanging_server_costs_four_seconds_and_a_line(
    tmp_path: Path, silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds, leaving, errors = train_against(silent_port, tmp_path, monkeypatch)
    assert 4 <= seconds < 6 and leaving < 2  # two at the start, two at the end
    assert errors.startswith("warning: MLflow at http://***@127.0.0.1:") and errors.count("\n") == 1


def test_a_server_killed_in_the_middle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    port, folder = free_port(), tmp_path / "server"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
    with mlflow_server(folder, port) as server:
        run = TrainingRun.start(Paths(tmp_path), PARAMS, DATASET)
        assert run.run_id is not None
        run.history(history_row(3200))
        run.image(TIMELINE, np.zeros((32, 32, 3), np.uint8), 0)
        client = connect(Paths(tmp_path)).client
        wait_for(lambda: delivered_images(client, str(run.run_id), TIMELINE) == {0})
        end(server)
        run.history(history_row(6400))
        run.image(TIMELINE, np.zeros((32, 32, 3), np.uint8), 3200)
        began = time.monotonic()
        run.finish()
        assert time.monotonic() - began < 3
        assert capsys.readouterr().err.count("warning: ") == 1

    workspace = fill_workspace(tmp_path, run_id=run.run_id, uid=run.tags[TRAINING])
    with mlflow_server(folder, port):
        assert client.get_run(run.run_id).info.status == "RUNNING"
        for _ in range(2):  # twice delivered counts once
            registered = register(workspace, "nashgan")
            assert registered["run_id"] == run.run_id and registered["version"] == "1"
        assert client.get_run(run.run_id).info.status == "FINISHED"
        rows = {key: steps for key, steps in delivered_rows(client, run.run_id).items() if key in COLUMNS}
        assert rows == {key: {3200, 6400} for key in COLUMNS[1:]}
        assert len(client.get_metric_history(run.run_id, "d_loss")) == 2
        assert len(client.list_artifacts(run.run_id, "images")) == 2 * 3  # a picture and its small copy each

        assert "version 1 of nashgan is champion" in promote(workspace, "nashgan")
        fetched = load_generator(resolve_generator("models:/nashgan@champion", workspace))
        np.testing.assert_array_equal(fetched.sample(7, 3), load_generator(workspace.generator).sample(7, 3))

        unknown = fill_workspace(tmp_path, seed=5, run_id=None)  # trained while the server was away
        assert ensure_run(unknown) == ensure_run(unknown) != run.run_id


def wait_for(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
