"""Rows from MLflow: the finished runs of this project's experiment, read from what they carry."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from mlflow.entities import Run
from sqlalchemy.engine import make_url

from nashgan.comparison.experiments import Found
from nashgan.comparison.results import Row, comparable_params, compared, images_a_second
from nashgan.comparison.sample_row import first_row
from nashgan.records.evaluation import parse_evaluation
from nashgan.records.paths import Paths
from nashgan.records.train_run import TRAINING, parse_train_run
from nashgan.runtime.errors import UserError
from nashgan.runtime.progress import progress
from nashgan.tracking.naming import metric_name, short_name
from nashgan.tracking.store import Store, connect, is_local, one_line, shown, tracking_uri

_HERE = Paths(Path())
RECORD, EVALUATION, GRID = _HERE.train_run.name, _HERE.evaluation.name, _HERE.grid.name  # artifacts of a run


def run_rows(paths: Paths, names: Sequence[str]) -> Found:
    """Rows of the runs with these names or ids; without names, of all. Raises UserError for an unreadable store."""
    uri = tracking_uri(paths)
    if is_local(uri) and not Path(make_url(uri).database or "").is_file():
        raise UserError(f"MLflow at {shown(uri)}: no runs yet; run `dvc repro`")
    store, found = connect(paths), Found()
    with one_line(store.uri), tempfile.TemporaryDirectory() as folder:
        runs = [run for run in _runs(store) if not names or _answers_to(run) & set(names)]
        with progress("read runs", len(runs), unit="runs") as advance:
            for run in runs:
                row = _row(store, run, Path(folder))
                if row is None:
                    found.left_out.append(f"{_name(run)}: MLflow run {run.info.run_id} is not evaluated")
                else:
                    found.rows.append(row)
                advance(1)
    answered = {answer for run in runs for answer in _answers_to(run)}
    found.unknown = [name for name in names if name not in answered]
    return found


def _name(run: Run) -> str:
    """What DVC calls the run: the experiment's name or the commit."""
    return short_name(run.data.tags) or str(run.info.run_name)


def _answers_to(run: Run) -> set[str]:
    return {_name(run), str(run.info.run_name), str(run.info.run_id)}


def _runs(store: Store) -> Iterator[Run]:
    """The finished runs of trainings. Other runs only group experiments."""
    token: str | None = None
    while True:
        page = store.client.search_runs([store.experiment_id], "attributes.status = 'FINISHED'", page_token=token)
        yield from (run for run in page if TRAINING in run.data.tags)
        token = page.token
        if not token:
            return


def _row(store: Store, run: Run, folder: Path) -> Row | None:
    run_id = run.info.run_id
    carried = {file.path for file in store.client.list_artifacts(run_id)}
    if not {RECORD, EVALUATION} <= carried:
        return None

    def read(path: str) -> bytes:
        return Path(store.client.download_artifacts(run_id, path, str(folder))).read_bytes()

    record = parse_train_run(read(RECORD), f"MLflow run {run_id}: {RECORD}")
    images = max((point.step for point in store.client.get_metric_history(run_id, metric_name("img_s"))), default=None)
    return Row(
        name=_name(run),
        source="MLflow run",
        params=comparable_params(record.params),
        metrics=compared(parse_evaluation(read(EVALUATION), f"MLflow run {run_id}: {EVALUATION}")),
        seconds=record.seconds,
        img_s=images_a_second(images, record.seconds),
        first_samples=first_row(read(GRID), f"MLflow run {run_id}: {GRID}") if GRID in carried else None,
    )
