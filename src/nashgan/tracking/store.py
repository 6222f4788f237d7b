"""The MLflow store: where it is, a schema created whole or not at all, and one line for each fault a user can mend."""

import logging
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import mlflow
import requests
from alembic.script import ScriptDirectory
from filelock import FileLock, Timeout
from mlflow import MlflowClient
from mlflow.entities import ExperimentTag
from mlflow.exceptions import MlflowException
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from sqlalchemy import event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import atomic_path
from nashgan.tracking.markdown import EXPERIMENT_NOTE, NOTE

EXPERIMENT = "nashgan"
EXPERIMENT_TAGS = {
    "mlflow.experimentKind": "custom_model_development",  # opens on runs; without it MLflow's page expects chat traces
    "mlflow.experiment.primaryMetric.name": "headline/fid",
    "mlflow.experiment.primaryMetric.greaterIsBetter": "False",
    NOTE: EXPERIMENT_NOTE,
}
LOCK_TIMEOUT = 120.0  # seconds; creating a schema or registering a model takes one to five

DEFAULTS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",  # a server that does not answer costs seconds, not MLflow's several minutes
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
# MLflow's news about itself; what goes wrong in a database arrives as an exception, without its traceback in the log.
QUIET = {"alembic": logging.WARNING, "mlflow": logging.WARNING, "mlflow.store.db.utils": logging.CRITICAL}


NO_STORE = {"SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_ERROR"}  # the last: there is no such table


@dataclass(frozen=True)
class Store:
    """An open store, with the experiment that holds this project's runs."""

    uri: str
    client: MlflowClient
    experiment_id: str
    folder: Path  # for lock files

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep other processes of this machine from finding or creating the same run or version meanwhile."""
        with _locked(self.folder / "mlflow.db.registry.lock"):
            yield

    @contextmanager
    def as_default(self) -> Iterator[None]:
        """Make this the store of MLflow's functions that take no client; what was set before is restored."""
        before = os.environ.get("MLFLOW_TRACKING_URI")
        mlflow.set_tracking_uri(self.uri)
        try:
            yield
        finally:
            mlflow.set_tracking_uri(None)  # type: ignore[arg-type]
            if before is not None:
                os.environ["MLFLOW_TRACKING_URI"] = before


def tracking_uri(paths: Paths) -> str:
    """MLFLOW_TRACKING_URI, or the SQLite file of the repository (of the parent one in an experiment's workspace)."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{paths.mlflow_store}"


def is_local(uri: str) -> bool:
    """Whether the store is a SQLite file: it cannot be away, only broken."""
    return uri.startswith("sqlite:")


def connect(paths: Paths) -> Store:
    """Open the store, creating schema and experiment where they are missing.

    Safe for several processes at once on a store that does not exist yet. Raises UserError where the store cannot be
    reached or is not one that the installed MLflow can use.
    """
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)
    uri = tracking_uri(paths)
    with one_line(uri):
        if is_local(uri):
            file = Path(make_url(uri).database or "")
            _ensure_sqlite(file, paths.mlflow_artifacts)
            folder = file.parent
        else:
            folder = paths.home / ".nashgan"
        client = MlflowClient(uri)
        return Store(uri, client, _ensure_experiment(client, uri, paths.mlflow_artifacts, folder), folder)


@contextmanager
def one_line(uri: str) -> Iterator[None]:
    """Turn what MLflow, its database or the network raises into a UserError of one line."""
    try:
        yield
    except (MlflowException, SQLAlchemyError, requests.RequestException) as error:
        raise UserError(f"MLflow at {shown(uri)}: {first_line(error)}; {_mend(uri)}") from error


def first_line(error: BaseException) -> str:
    """The first line of an error's text, at most 200 characters."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0] if len(lines[0]) <= 200 else lines[0][:197] + "..."


def shown(uri: str) -> str:
    """The address without a password."""
    return re.sub(r"//[^/@]*@", "//***@", uri)


def _mend(uri: str) -> str:
    if is_local(uri):
        return "check the file and its folder, then run the same command again"
    return "start the server or change MLFLOW_TRACKING_URI, then run the same command again"


def _ensure_experiment(client: MlflowClient, uri: str, artifacts: Path, folder: Path) -> str:
    """The id of the experiment. Only a server knows a better place for artifacts than the repository."""
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is None:
        with _locked(folder / "mlflow.db.lock"):
            found = client.get_experiment_by_name(EXPERIMENT)
            if found is None:
                location = None if uri.startswith(("http:", "https:", "databricks")) else artifacts.as_uri()
                try:
                    return str(client.create_experiment(EXPERIMENT, location, EXPERIMENT_TAGS))
                except MlflowException as error:
                    if error.error_code != "RESOURCE_ALREADY_EXISTS":  # another machine was faster
                        raise
                    found = client.get_experiment_by_name(EXPERIMENT)
    if found is None or found.lifecycle_stage != "active":
        raise UserError(
            f"MLflow at {shown(uri)}: the experiment {EXPERIMENT!r} was deleted; "
            f"run `mlflow experiments restore --experiment-id {found.experiment_id if found else '...'}`"
        )
    if missing := EXPERIMENT_TAGS.keys() - found.tags.keys():  # what a user has changed stays
        with _locked(folder / "mlflow.db.lock"):
            for key in missing:
                client.set_experiment_tag(found.experiment_id, key, EXPERIMENT_TAGS[key])
    return str(found.experiment_id)


def _ensure_sqlite(file: Path, artifacts: Path) -> None:
    """Create the store `file` where there is none; refuse one that the installed MLflow cannot use."""
    if _revision(file) is None:
        file.parent.mkdir(parents=True, exist_ok=True)
        with _locked(file.with_name(f"{file.name}.lock")):
            if _revision(file) is None:
                _create_sqlite(file, artifacts)
    revision, migrations = _revision(file), ScriptDirectory(f"{mlflow.__path__[0]}/store/db_migrations")
    if revision == migrations.get_current_head():
        return
    if revision in {known.revision for known in migrations.walk_revisions()}:
        raise UserError(
            f"{file}: written by an older MLflow; back it up, then run `mlflow db upgrade sqlite:///{file}`"
        )
    raise UserError(
        f"{file}: written by a newer MLflow than the installed {mlflow.__version__}; "
        "install that one, or move the file away to start a new store"
    )


def _create_sqlite(file: Path, artifacts: Path) -> None:
    """Build the store beside its place and rename it: many tables, and a kill in between would leave half of them."""
    event.listen(Engine, "connect", _without_sync)
    try:
        with atomic_path(file) as temporary:
            store = SqlAlchemyStore(f"sqlite:///{temporary}", artifacts.as_uri())  # type: ignore[no-untyped-call]
            tags = [ExperimentTag(key, value) for key, value in EXPERIMENT_TAGS.items()]
            store.create_experiment(EXPERIMENT, artifacts.as_uri(), tags)  # type: ignore[no-untyped-call]
            store.engine.dispose()
    finally:
        event.remove(Engine, "connect", _without_sync)


def _without_sync(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")  # the file is synced once, when it is whole: 0.5 s instead of 5 s


def _revision(file: Path) -> str | None:
    """The revision of the schema in `file`, None where there is nothing yet. Raises UserError for any other file."""
    if not file.is_file() or file.stat().st_size == 0:
        return None
    try:
        # Read-write: SQLite must undo what a killed process left half-written before anything can be read.
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=rw", uri=True, timeout=20)) as database:
            row = database.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        if error.sqlite_errorname in NO_STORE:
            raise UserError(f"{file}: not an MLflow store ({error}); move it away to start a new one") from error
        mend = "see whether the disk is full or another program holds it, then run the same command again"
        raise UserError(f"{file}: could not be read ({error}); {mend}") from error
    if row is None:
        raise UserError(f"{file}: not an MLflow store (no schema revision); move it away to start a new one")
    return str(row[0])


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(file, timeout=LOCK_TIMEOUT):
            yield
    except Timeout:
        raise UserError(f"{file}: held by another process for {LOCK_TIMEOUT:.0f} s; end it and run again") from None
