"""What `dvc exp show` says of commits and experiments, what MLflow says of runs, and that both say the same.

A run is a training. Its parameters are those that make the generator (SECTIONS), as the stages read them: `320k` is
320000. Its metrics are the columns of reports/metrics.json at step 0, and those of the history at the images seen, as
`metric_name` names them. Details are in the evaluation.json that it carries. Rows that share a training share its run:
it shows the evaluation of one, and has the numbers of all. A run that groups experiments is no training.
"""

import csv
import json
import re
import subprocess
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import mlflow
import yaml
from mlflow import MlflowClient
from mlflow.entities import Run
from workspaces import environment

from nashgan.params import parse_params
from nashgan.records.evaluation import parse_evaluation
from nashgan.records.metrics import SPEED, metrics_table
from nashgan.records.paths import Paths
from nashgan.records.train_run import parse_train_run
from nashgan.tracking.naming import FINAL_STEP, metric_name
from nashgan.tracking.parents import GROUPED
from nashgan.tracking.store import connect

SECTIONS = ("data", "split", "classifier", "model", "objective", "train")
RECORD, EVALUATION, METRICS = "models/train_run.json", "reports/evaluation.json", "reports/metrics.json"
OF_THE_TRAINING = (
    metric_name("seconds"),
    metric_name(SPEED),
    metric_name("kept."),
)  # measured once, however often it is evaluated
TABLES = ("reports/train/history.csv", "reports/train/score.csv")

Points = dict[str, list[tuple[int, float]]]  # a metric: step and value, in order


@dataclass(frozen=True)
class Row:
    """A commit or an experiment with a result, as `dvc exp show` has it, and the files that belong to it."""

    revision: str
    experiment: str | None
    baseline: str | None  # the commit that an experiment is based on
    training: str  # its permanent name
    params: dict[str, str]
    evaluation: dict[str, Any]
    final: dict[str, float]  # DVC's columns, as MLflow names them
    points: Points

    @property
    def protocols(self) -> dict[str, str]:
        return {name: measured["protocol"] for name, measured in self.evaluation.items()}


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
    protocols: dict[str, str]


def check_same_page(root: Path) -> dict[str, Said]:
    """Compare repository and store at `root`, row by row. Returns what the runs say, a training."""
    store, rows = connect(Paths(root)), _rows(root)
    with store.as_default():
        runs: list[Run] = mlflow.search_runs(experiment_names=["nashgan"], output_format="list")
    parents = {run.info.run_id: run for run in runs if GROUPED in run.data.tags}
    runs = [run for run in runs if run.info.run_id not in parents]
    assert not any(parent.data.metrics or parent.data.params for parent in parents.values())
    assert rows and len(runs) == len({run.data.tags["nashgan.training"] for run in runs}), "a training has two runs"
    of_training = defaultdict[str, list[Row]](list)
    for row in rows:
        of_training[row.training].append(row)
    said = {run.data.tags["nashgan.training"]: _said(store.client, run) for run in runs}
    assert said.keys() == of_training.keys(), "there is a run without a row, or a row without a run"
    trainings = {row.revision: row.training for row in rows}
    for training, run in said.items():
        _check_origin(root, run, of_training[training], trainings)
        _check_numbers(run, of_training[training])
        parent = parents.get(run.tags.get("mlflow.parentRunId", ""))
        assert run.tags.get("dvc.baseline") == (parent and parent.data.tags[GROUPED])
    return {training: _without_ids(run) for training, run in said.items()}


def _without_ids(run: Said) -> Said:
    """`run` without ids, which differ between two stores."""
    note = re.sub("[0-9a-f]{32}", "ID", run.tags["mlflow.note.content"])
    tags = {key: value for key, value in run.tags.items() if key != "mlflow.parentRunId"}
    return replace(run, tags=tags | {"mlflow.note.content": note})


def _check_origin(root: Path, run: Said, rows: list[Row], trainings: Mapping[str, str]) -> None:
    """The experiment is the one that trained, else the commit is the one that was checked out."""
    trained = [row for row in rows if row.baseline and trainings.get(row.baseline) != row.training]
    commit = run.tags["mlflow.source.git.commit"]
    assert run.status == "FINISHED" and run.tags["mlflow.runName"] == run.name
    if trained:
        (row,) = trained
        found = run.name.split(" · ")[-1], run.tags["dvc.experiment"], run.tags["dvc.baseline"], commit
        assert found == (row.experiment, row.experiment, row.baseline, row.baseline)
    else:
        assert (
            run.name.split(" · ")[-1] == f"seed {run.params['train.seed']}"
            and not {"dvc.experiment", "dvc.baseline"} & run.tags.keys()
        )
        assert all(commit in _git(root, "rev-list", f"{row.revision}~").split() for row in rows)


def _check_numbers(run: Said, rows: list[Row]) -> None:
    shown = [row for row in rows if row.evaluation == run.evaluation]
    assert shown, "the run carries the evaluation of no row"
    row = shown[0]
    assert run.protocols == row.protocols and not any(key.endswith("_protocol") for key in run.tags)
    assert run.metrics == row.final | {key: points[-1][1] for key, points in row.points.items()}
    for same in rows:
        assert run.params == same.params and row.points == same.points
    evaluations = [dict(final) for final in {tuple(sorted(same.final.items())) for same in rows}]  # each counts once
    final = {key: sorted((FINAL_STEP, other[key]) for other in evaluations if key in other) for key in row.final}
    once = {key: points[:1] for key, points in final.items() if key.startswith(OF_THE_TRAINING)}
    assert run.points == final | once | row.points


def _said(client: MlflowClient, run: Run) -> Said:
    run_id = run.info.run_id
    measured = {key: value for key, value in run.data.metrics.items() if not key.startswith("system/")}
    histories = {key: client.get_metric_history(run_id, key) for key in measured}
    points = {key: sorted((point.step, point.value) for point in history) for key, history in histories.items()}
    carried = {name: client.download_artifacts(run_id, name) for name in ("evaluation.json", "protocols.json")}
    evaluation, protocols = (json.loads(Path(file).read_bytes()) for file in carried.values())
    inputs = run.inputs.dataset_inputs if run.inputs else []
    return Said(
        name=run.info.run_name,
        status=run.info.status,
        params=run.data.params,
        metrics=measured,
        points=points,
        tags=run.data.tags,
        datasets=[(used.dataset.name, used.dataset.digest) for used in inputs],
        evaluation=evaluation,
        protocols=protocols,
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
    """The row of a revision; None where its dvc.lock has no evaluation."""
    revision, data = shown["rev"], shown["data"]
    if EVALUATION not in _outs(root, revision):
        return None
    values = {path: written["data"] for path, written in (data["params"] | data["metrics"]).items()}
    evaluation, record = (json.loads(_out(root, revision, path)) for path in (EVALUATION, RECORD))
    evaluated = parse_evaluation(_out(root, revision, EVALUATION).encode(), EVALUATION)
    trained = parse_train_run(_out(root, revision, RECORD).encode(), RECORD)
    assert values[METRICS] == metrics_table(evaluated, trained)
    columns = {key: float(text) for key, text in _flat(values[METRICS]).items()}
    named = {metric_name(column): value for column, value in columns.items()}
    assert len(named) == len(columns), "two columns have one name"
    read = parse_params(values["params.yaml"]).model_dump(by_alias=True)
    return Row(
        revision=revision,
        experiment=shown["name"] if baseline else None,
        baseline=baseline,
        training=record["tags"]["nashgan.training"],
        params=_flat({section: read[section] for section in SECTIONS}),
        evaluation=evaluation,
        final=named,
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


def _points(root: Path, revision: str) -> Points:
    points: Points = {}
    for path in TABLES:
        table = list(csv.DictReader(_out(root, revision, path).splitlines()))
        for key in table[0].keys() - {"images"} if table else ():
            points[metric_name(key)] = [(int(row["images"]), float(row[key])) for row in table]
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
