"""The store is created once, by the first process that needs it; each fault is one line."""

import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from mlflow import MlflowClient

from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError
from nashgan.tracking.store import EXPERIMENT, connect, shown, tracking_uri


@pytest.fixture(scope="module")
def store_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new store, to be copied."""
    paths = Paths(tmp_path_factory.mktemp("store"))
    connect(paths)
    return paths.mlflow_store


@pytest.fixture
def paths(store_file: Path, tmp_path: Path) -> Paths:
    shutil.copy(store_file, tmp_path / "mlflow.db")
    return Paths(tmp_path)


def execute(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.execute(statement)
        database.commit()


def test_new_store(store_file: Path) -> None:
    paths = Paths(store_file.parent)
    experiment = MlflowClient(f"sqlite:///{store_file}").get_experiment_by_name(EXPERIMENT)
    assert experiment is not None and experiment.artifact_location == paths.mlflow_artifacts.as_uri()
    assert connect(paths).experiment_id == experiment.experiment_id
    assert {file.name for file in store_file.parent.iterdir()} == {"mlflow.db", "mlflow.db.lock"}


def test_four_processes_on_a_new_store(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys; from nashgan.records.paths import Paths; from nashgan.tracking.store import connect\n"
        "store = connect(Paths(pathlib.Path(sys.argv[1])))\n"
        "for _ in range(2): run = store.client.create_run(store.experiment_id).info.run_id; "
        "[store.client.log_metric(run, 'a', i, step=i) for i in range(3)]"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    errors = [process.communicate(timeout=120)[1] for process in processes]
    assert errors == [""] * 4  # nothing fails, and neither MLflow nor alembic talks about it
    store = connect(Paths(tmp_path))
    runs = store.client.search_runs([store.experiment_id])
    assert len(runs) == 8 and all(run.data.metrics == {"a": 2.0} for run in runs)


def test_uri_comes_from_the_environment_or_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Paths(tmp_path / ".dvc" / "tmp" / "exps" / "tmp1")
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    assert tracking_uri(workspace) == f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    assert tracking_uri(workspace) == "http://127.0.0.1:1"


def test_store_of_a_process_killed_while_it_wrote(paths: Paths) -> None:
    before = connect(paths).experiment_id
    code = """
import os, signal, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA cache_size = 1")  # pages go to the file before the transaction ends
database.execute("BEGIN")
for number in range(2000):
    database.execute("INSERT INTO experiments (name, lifecycle_stage) VALUES (?, 'active')", (f"{number:0500d}",))
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", code, str(paths.mlflow_store)], capture_output=True, check=False)
    assert killed.returncode == -9 and paths.mlflow_store.with_name("mlflow.db-journal").stat().st_size > 0
    with (
        file_size_limit(4096),
        pytest.raises(UserError, match=r"could not be read \(disk I/O error\); see whether"),
    ):
        connect(paths)
    store = connect(paths)
    assert store.experiment_id == before and len(store.client.search_experiments()) == 2  # MLflow's Default and ours


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Let writing fail as on a full disk: no file may become larger than `size` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_store_of_a_newer_mlflow(paths: Paths) -> None:
    execute(paths.mlflow_store, "UPDATE alembic_version SET version_num = 'ffffffffffff'")
    assert_refused(paths, "written by a newer MLflow")


def test_store_of_an_older_mlflow(paths: Paths) -> None:
    execute(paths.mlflow_store, "UPDATE alembic_version SET version_num = '451aebb31d03'")
    assert_refused(paths, "mlflow db upgrade sqlite:///")


def test_database_of_something_else(tmp_path: Path) -> None:
    execute(tmp_path / "mlflow.db", "CREATE TABLE words (word TEXT)")
    assert_refused(Paths(tmp_path), "not an MLflow store")


@pytest.mark.parametrize("keep", [100, 5000, 500_000])
def test_garbled_store(paths: Paths, keep: int) -> None:
    content = paths.mlflow_store.read_bytes()
    paths.mlflow_store.write_bytes(b"no SQLite" + content[:keep] if keep == 100 else content[:keep])
    assert_refused(paths, "mlflow.db: ")


def assert_refused(paths: Paths, message: str) -> None:
    before = paths.mlflow_store.read_bytes()
    with pytest.raises(UserError) as refused:
        connect(paths)
    assert message in str(refused.value) and "\n" not in str(refused.value)
    assert paths.mlflow_store.read_bytes() == before


def test_deleted_experiment(paths: Paths) -> None:
    store = connect(paths)
    store.client.delete_experiment(store.experiment_id)
    with pytest.raises(UserError, match="mlflow experiments restore --experiment-id 1"):
        connect(paths)


def test_default_store_is_restored(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    import mlflow

    store = connect(paths)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///other.db")
    with store.as_default():
        assert mlflow.get_tracking_uri() == store.uri
    assert mlflow.get_tracking_uri() == "sqlite:///other.db"


def test_passwords_are_not_shown() -> None:
    assert shown("postgresql://user:secret@host/mlflow") == "postgresql://***@host/mlflow"
    assert shown("http://host:5000") == "http://host:5000"
