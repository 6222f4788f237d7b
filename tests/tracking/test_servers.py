"""Tracking servers that are away, hang, or die: training goes on, and what is missing arrives later, once."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import pytest
from mlflow import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_LOGGED_IMAGES
from tracked import COLUMNS, DATASET, PARAMS, end, fill_workspace, free_port, history_row, mlflow_server

from nashgan.models.generator import load_generator
from nashgan.records.paths import Paths
from nashgan.records.train_run import TRAINING
from nashgan.tracking.live_run import TrainingRun
from nashgan.tracking.model_versions import register
from nashgan.tracking.naming import TIMELINE, metric_name
from nashgan.tracking.promotion import promote, resolve_generator
from nashgan.tracking.run_from_files import ensure_run
from nashgan.tracking.store import connect
from nashgan.tracking.upload import known_image_steps, known_points

# What a training waits for is the time its thread sleeps: neither computing nor queueing for a processor counts, so
# that a busy machine changes nothing. The handler that is registered first runs last, when no thread keeps the process.
TRAIN = """
import atexit, sys, time
from pathlib import Path

def slept():
    computed, queued, _ = map(int, Path("/proc/thread-self/schedstat").read_text().split())
    return time.monotonic() - (computed + queued) / 1e9

atexit.register(lambda: print(slept() - ended))
from nashgan.records.paths import Paths
from nashgan.records.train_run import Dataset
from nashgan.tracking.live_run import TrainingRun
began, clock = slept(), time.monotonic()
with TrainingRun.start(Paths(Path(sys.argv[1])), {"train": {}}, Dataset(name="n", digest="d", count=1)) as run:
    begun = slept()
    for step in range(1000):
        run.history({"images": step, "d_loss": 1.0})
    rows = slept() - begun
    assert run.run_id is None
ended = slept()
print(time.monotonic() - clock, begun - began, rows, ended - began)
"""


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts connections and never answers."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(100)
        yield int(listener.getsockname()[1])


@dataclass(frozen=True)
class Waits:
    """Seconds: those of the whole run by the clock; asleep at its start, in 1000 rows, in all, and until its exit."""

    clock: float
    start: float
    rows: float
    all: float
    exit: float


def train_against(port: int, home: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Waits, str]:
    """Train in a process of its own. Returns what it waited for, and stderr."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://user:secret@127.0.0.1:{port}")
    done = subprocess.run([sys.executable, "-c", TRAIN, str(home)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    waits = Waits(*map(float, done.stdout.split()))
    assert waits.rows < 0.5 and waits.exit < 1  # nothing keeps the steps or the process
    assert waits.all < 4.5  # two at the start, two at the end
    return waits, done.stderr


def test_a_dead_server_costs_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, errors = train_against(free_port(), tmp_path, monkeypatch)
    assert errors.startswith("warning: MLflow at http://***@127.0.0.1:") and errors.count("\n") == 1


def test_a_hanging_server_costs_four_seconds_and_a_line(
    tmp_path: Path, silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits, errors = train_against(silent_port, tmp_path, monkeypatch)
    assert waits.clock >= 4 and waits.start < 2.5
    assert errors.startswith("warning: MLflow at http://***@127.0.0.1:") and errors.count("\n") == 1


def processes(server: subprocess.Popen[bytes]) -> list[psutil.Process]:
    top = psutil.Process(server.pid)
    return [top, *top.children(recursive=True)]


def fill_disk(server: subprocess.Popen[bytes]) -> None:
    """No file of the server may grow: its database answers as on a full disk."""
    for process in processes(server):
        process.rlimit(psutil.RLIMIT_FSIZE, (0, psutil.RLIM_INFINITY))


def freeze(server: subprocess.Popen[bytes]) -> None:
    """The server accepts and never answers."""
    for process in processes(server):
        process.suspend()


FAULTS = {"full disk": fill_disk, "hanging": freeze, "killed": end}  # one after the other


def test_a_server_that_fails_in_the_middle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    port, folder = free_port(), tmp_path / "server"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "600")  # else the other runs meet the fault as well
    with mlflow_server(folder, port) as server:
        runs = {name: TrainingRun.start(Paths(tmp_path), PARAMS, DATASET) for name in FAULTS}
        client = connect(Paths(tmp_path)).client
        for run in runs.values():
            assert run.run_id is not None
            run.history(history_row(3200))
            run.image(TIMELINE, np.zeros((32, 32, 3), np.uint8), 0)
            wait_for(lambda run=run: delivered(client, run.run_id))  # type: ignore[misc]
        for name, fault in FAULTS.items():
            fault(server)
            began = time.monotonic()
            runs[name].history(history_row(6400))
            runs[name].image(TIMELINE, np.zeros((32, 32, 3), np.uint8), 3200)
            assert time.monotonic() - began < 1, name
            runs[name].finish()
            assert time.monotonic() - began < 4, name
            warning = capsys.readouterr().err
            assert warning.startswith("warning: MLflow at http://127.0.0.1:") and warning.count("\n") == 1, warning
    for run in runs.values():
        run._upload.join(30)  # nobody delivers any more: as after the training's process has ended

    with mlflow_server(folder, port):
        for version, (name, run) in enumerate(runs.items(), 1):
            workspace = fill_workspace(tmp_path / name, version, run.run_id, run.tags[TRAINING])
            check_delivery(client, workspace, str(run.run_id), version)
        assert "version 3 of nashgan is champion" in promote(workspace, "nashgan")
        fetched = load_generator(resolve_generator("models:/nashgan@champion", workspace))
        np.testing.assert_array_equal(fetched.sample(7, 3), load_generator(workspace.generator).sample(7, 3))

        unknown = fill_workspace(tmp_path, seed=5, run_id=None)  # trained while the server was away
        assert ensure_run(unknown) == ensure_run(unknown) not in {run.run_id for run in runs.values()}


def delivered(client: MlflowClient, run_id: str) -> bool:
    """Whether the first picture arrived, and the tag that is sent after it: nothing is under way that could fail."""
    tagged = MLFLOW_LOGGED_IMAGES in client.get_run(run_id).data.tags
    return tagged and known_image_steps(client, run_id, TIMELINE) == {0}


def check_delivery(client: MlflowClient, workspace: Paths, run_id: str, version: int) -> None:
    """What was missing arrives; twice delivered counts once."""
    assert client.get_run(run_id).info.status == "RUNNING"
    for _ in range(2):
        registered = register(workspace, "nashgan")
        assert (registered.run_id, registered.version) == (run_id, str(version))
    assert client.get_run(run_id).info.status == "FINISHED"
    rows = {key: set(points) for key, points in known_points(client, run_id).items() if max(points)}
    assert rows == {metric_name(column): {3200, 6400} for column in COLUMNS[1:]}
    assert len(client.get_metric_history(run_id, "training/d_loss")) == 2
    assert known_image_steps(client, run_id, TIMELINE) == {0, 3200, 6400}
    assert len(client.list_artifacts(run_id, "images")) == 3 * 2  # each picture with its small copy


def wait_for(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
