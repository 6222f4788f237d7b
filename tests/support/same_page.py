"""What `dvc exp show` says of commits and experiments, what MLflow says of runs, and that both say the same.

A run is a training. Its parameters are those that make the generator (SECTIONS), as the stages read them: `320k` is
320000. Its metrics are the last row of the history, seconds, the moment that was kept, and value and floor of all that
was evaluated; details are in the evaluation.json that it carries, with the intervals, which are lists and no columns of
DVC's either. Rows that share a training share its run: it shows the evaluation of one, and has the numbers of all.
"""

import csv
import json
import subprocess
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import yaml
from mlflow import MlflowClient
from mlflow.entities import Run
from workspaces import environment

from nashgan.params import parse_params
from nashgan.records.paths import Paths
from nashgan.tracking.store import connect

SECTIONS = ("data", "split", "classifier", "model", "objective", "train")
RECORD, EVALUATION, MEASURES = "models/train_run.json", "reports/evaluation.json", "reports/train/metrics.json"
TABLES = ("reports/train/history.csv", "reports/train/fcd.csv")

Points = dict[str, list[tuple[int, float]]]  # a metric: step and value, in order


@dataclass(frozen=True)
class Row:
    """A commit or an experiment with a result, as `dvc exp show` has it, and the files that belong to it."""

    revision: str
    experiment: str | None
    baseline: str | None  # the commit that an experiment is based on
    training: str  # its name for good
    params: dict[str, str]
    evaluation: dict[str, Any]
    measures: dict[str, float]
    points: Points

    @property
    def scores(self) -> dict[str, float]:
        """Value and floor of everything that was evaluated."""
        values = {name: measured["value"] for name, measured in self.evaluation.items()}
        return values | {f"{name}_floor": measured["floor"] for name, measured in self.evaluation.items()}

    @property
    def protocols(self) -> dict[str, str]:
        return {f"{name}_protocol": measured["protocol"] for name, measured in self.evaluation.items()}


@dataclass(frozen=True)
class Said:
    """All that a run says, whichever store it is in."""

    name: str
    status: str
    params: dict[str, str]
    metrics: dict[str, float]
    points: Points
    tags: dict[str, str]
    datasets: list[tuple[str, str]]
    evaluation: dict[str, Any]


def check_same_page(root: Path) -> dict[str, Said]:
    """Compare repository and store at `root`, row by row. Returns what the runs say, a training."""
    store, rows = connect(Paths(root)), _rows(root)
    with store.as_default():
        runs: list[Run] = mlflow.search_runs(experiment_names=["nashgan"], output_format="list")
    assert rows and len(runs) == len({run.data.tags["nashgan.training"] for run in runs}), "a training has two runs"
    of_training = defaultdict[str, list[Row]](list)
    for row in rows:
        of_training[row.training].append(row)
    said = {run.data.tags["nashgan.training"]: _said(store.client, run) for run in runs}
    assert said.keys() == of_training.keys(), "there is a run without a row, or a row without a run"
    trainings = {row.revision: row.training for row in rows}
    for training, run in said.items():
        _check_name(root, run, of_training[training], trainings)
        _check_numbers(run, of_training[training])
    return said


def _check_name(root: Path, run: Said, rows: list[Row], trainings: Mapping[str, str]) -> None:
    """The name is that of the experiment that trained, else of the commit that was checked out."""
    trained = [row for row in rows if row.baseline and trainings.get(row.baseline) != row.training]
    commit = run.tags["mlflow.source.git.commit"]
    assert run.status == "FINISHED" and run.tags["mlflow.runName"] == run.name
    if trained:
        (row,) = trained
        found = run.name, run.tags["dvc.experiment"], run.tags["dvc.baseline"], commit
        assert found == (row.experiment, row.experiment, row.baseline, row.baseline)
    else:
        assert run.name == commit[:7] and not {"dvc.experiment", "dvc.baseline"} & run.tags.keys()
        assert all(commit in _git(root, "rev-list", f"{row.revision}~").split() for row in rows)


def _check_numbers(run: Said, rows: list[Row]) -> None:
    shown = [row for row in rows if row.evaluation == run.evaluation]
    assert shown, "the run carries the evaluation of no row"
    row = shown[0]
    assert {key: value for key, value in run.tags.items() if key.endswith("_protocol")} == row.protocols
    last = {key: points[-1][1] for key, points in row.points.items()}
    measured = {key: value for key, value in row.measures.items() if key != "images"}
    assert measured.items() >= {key: last[key] for key in last.keys() & measured}.items()  # the files themselves agree
    assert run.metrics == last | measured | row.scores
    step = int(row.measures["images"])
    for same in rows:
        assert run.params == same.params and row.measures == same.measures and row.points == same.points
        assert all((step, value) in run.points[key] for key, value in same.scores.items())
    evaluations = [dict(scores) for scores in {tuple(sorted(same.scores.items())) for same in rows}]  # each counts once
    scores = {key: sorted((step, scores[key]) for scores in evaluations if key in scores) for key in row.scores}
    once = {key: [(step, value)] for key, value in measured.items() if key not in row.points}
    assert run.points == scores | once | row.points


def _said(client: MlflowClient, run: Run) -> Said:
    run_id = run.info.run_id
    measured = {key: value for key, value in run.data.metrics.items() if not key.startswith("system/")}
    histories = {key: client.get_metric_history(run_id, key) for key in measured}
    points = {key: sorted((point.step, point.value) for point in history) for key, history in histories.items()}
    file = client.download_artifacts(run_id, Path(EVALUATION).name)
    inputs = run.inputs.dataset_inputs if run.inputs else []
    return Said(
        name=run.info.run_name,
        status=run.info.status,
        params=run.data.params,
        metrics=measured,
        points=points,
        tags=run.data.tags,
        datasets=[(used.dataset.name, used.dataset.digest) for used in inputs],
        evaluation=json.loads(Path(file).read_bytes()),
    )


def _rows(root: Path) -> list[Row]:
    rows = []
    for commit in json.loads(_run(root, "dvc", "exp", "show", "--json", "--all-commits")):
        if commit["rev"] == "workspace":
            continue
        rows.append(_row(root, commit))
        for experiment in commit.get("experiments") or ():
            assert experiment["executor"] is None or experiment["executor"]["state"] == "success", experiment
            rows += [_row(root, revision, commit["rev"]) for revision in experiment["revs"]]
    return [row for row in rows if row is not None]


def _row(root: Path, shown: dict[str, Any], baseline: str | None = None) -> Row | None:
    """None where dvc.lock knows no evaluation."""
    revision, data = shown["rev"], shown["data"]
    if EVALUATION not in _outs(root, revision):
        return None
    values = {path: written["data"] for path, written in (data["params"] | data["metrics"]).items()}
    evaluation = json.loads(_out(root, revision, EVALUATION))
    assert values[EVALUATION] == _without_lists(evaluation)
    read = parse_params(values["params.yaml"]).model_dump(by_alias=True)
    return Row(
        revision=revision,
        experiment=shown["name"] if baseline else None,
        baseline=baseline,
        training=json.loads(_out(root, revision, RECORD))["tags"]["nashgan.training"],
        params=_flat({section: read[section] for section in SECTIONS}),
        evaluation=evaluation,
        measures=_measures(values[MEASURES]),
        points=_points(root, revision),
    )


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value if isinstance(value, str) else json.dumps(value)
    return flat


def _without_lists(values: dict[str, Any]) -> dict[str, Any]:
    """What DVC shows of a file: intervals and other lists are no columns."""
    return {
        key: _without_lists(value) if isinstance(value, dict) else value
        for key, value in values.items()
        if not isinstance(value, list)
    }


def _measures(values: Mapping[str, Any]) -> dict[str, float]:
    """Flat, as DVC names its columns: `kept.fcd`."""
    return {key: float(text) for key, text in _flat(values).items()}


def _points(root: Path, revision: str) -> Points:
    points: Points = {}
    for path in TABLES:
        table = list(csv.DictReader(_out(root, revision, path).splitlines()))
        for key in table[0].keys() - {"images"} if table else ():
            points[key] = [(int(row["images"]), float(row[key])) for row in table]
    return points


def _out(root: Path, revision: str, path: str) -> str:
    """An output at a revision: Git has it, or DVC's cache."""
    if _git(root, "ls-tree", revision, "--", path):
        return _git(root, "show", f"{revision}:{path}")
    md5 = _outs(root, revision)[path]
    return (root / ".dvc/cache/files/md5" / md5[:2] / md5[2:]).read_text()


def _outs(root: Path, revision: str) -> dict[str, str]:
    """The md5 of each output that dvc.lock has at a revision."""
    if not _git(root, "ls-tree", revision, "--", "dvc.lock"):
        return {}
    stages = yaml.safe_load(_git(root, "show", f"{revision}:dvc.lock"))["stages"].values()
    return {out["path"]: out["md5"] for stage in stages for out in stage.get("outs", ())}


def _git(root: Path, *command: str) -> str:
    return _run(root, "git", *command)


def _run(root: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=root, env=environment(), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout
