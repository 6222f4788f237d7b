"""Rows from MLflow: the finished runs of this project's experiment, read from what they carry."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from mlflow.entities import Run
from sqlalchemy.engine import make_url

from nashgan.comparison.experiments import Found
from nashgan.comparison.results import Row, flat_params, images_a_second, parse_evaluation, parse_json
from nashgan.comparison.sample_row import strip
from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError
from nashgan.runtime.progress import progress
from nashgan.tracking.store import Store, connect, is_local, one_line, shown, tracking_uri

RECORD, EVALUATION, GRID = "train_run.json", "evaluation.json", "grid.png"


def run_rows(paths: Paths, names: Sequence[str]) -> Found:
    """Rows of the runs with these names or ids, of all without. Raises UserError where the store cannot be read."""
    uri = tracking_uri(paths)
    if is_local(uri) and not Path(make_url(uri).database or "").is_file():
        raise UserError(f"MLflow at {shown(uri)}: no runs yet; run `dvc repro`")
    store, found = connect(paths), Found()
    with one_line(store.uri), tempfile.TemporaryDirectory() as folder:
        runs = [run for run in _runs(store) if not names or {run.info.run_name, run.info.run_id} & set(names)]
        with progress("read runs", len(runs), unit="runs") as advance:
            for run in runs:
                row = _row(store, run, Path(folder))
                if row is None:
                    found.left_out.append(f"{run.info.run_name}: MLflow run {run.info.run_id} is not evaluated")
                else:
                    found.rows.append(row)
                advance(1)
    answered = {answer for run in runs for answer in (run.info.run_name, run.info.run_id)}
    found.unknown = [name for name in names if name not in answered]
    return found


def _runs(store: Store) -> Iterator[Run]:
    token: str | None = None
    while True:
        page = store.client.search_runs([store.experiment_id], "attributes.status = 'FINISHED'", page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def _row(store: Store, run: Run, folder: Path) -> Row | None:
    run_id, name = run.info.run_id, run.info.run_name
    carried = {file.path for file in store.client.list_artifacts(run_id)}
    if not {RECORD, EVALUATION} <= carried:
        return None

    def read(path: str) -> bytes:
        return Path(store.client.download_artifacts(run_id, path, str(folder))).read_bytes()

    record = parse_json(read(RECORD), f"MLflow run {run_id}: {RECORD}")
    seconds = record.get("seconds")
    images = max((point.step for point in store.client.get_metric_history(run_id, "img_s")), default=None)
    return Row(
        name=name,
        source="MLflow run",
        params=flat_params(record["params"]),
        metrics=parse_evaluation(read(EVALUATION), f"MLflow run {run_id}: {EVALUATION}"),
        seconds=seconds,
        img_s=images_a_second(images, seconds),
        strip=strip(read(GRID), f"MLflow run {run_id}: {GRID}") if GRID in carried else None,
    )
