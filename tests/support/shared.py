"""What takes seconds to make is made once: for all workers of a test run, or for all tests of a worker."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from filelock import FileLock

from nashgan.records.paths import Paths


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A copy of the folder that `make` fills. The first worker of a test run that asks makes it, the others wait."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"{name}-made-once"
    with FileLock(folder.with_suffix(".lock")):
        if not (made := folder.with_suffix(".made")).exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a worker that failed
            folder.mkdir()
            make(folder)
            made.touch()
    return Path(shutil.copytree(folder, factory.mktemp(name) / name, symlinks=True))


def write_store(paths: Paths) -> None:
    """Write the MLflow store that `connect` makes where there is none: MLflow's migrations take more than a second."""
    content, artifacts = _new_store()
    paths.mlflow_store.write_bytes(content)
    with closing(sqlite3.connect(paths.mlflow_store)) as database:
        places = artifacts, paths.mlflow_artifacts.as_uri()
        database.execute("UPDATE experiments SET artifact_location = replace(artifact_location, ?, ?)", places)
        database.commit()


@cache
def _new_store() -> tuple[bytes, str]:
    """The content of a new store, and the address of its artifacts."""
    from nashgan.tracking.store import connect

    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        for name in ("DVC_ROOT", "MLFLOW_TRACKING_URI"):
            patch.delenv(name, raising=False)
        paths = Paths(Path(folder))
        connect(paths)
        return paths.mlflow_store.read_bytes(), paths.mlflow_artifacts.as_uri()
