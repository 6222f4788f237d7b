"""Five experiments by four of DVC's workers, in a fresh clone on a store that does not exist yet: nothing is lost."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from mlflow import MlflowClient
from same_page import check_same_page
from workspaces import environment, ready_to_train

SEEDS = range(1, 6)
PIPELINE = """\
stages:
  experiment:
    cmd: python experiment.py
    deps: [data/splits, experiment.py]
    params: [model, objective, train]
    outs:
      - models/generator
      - models/train_run.json
      - reports/registry.json
      - reports/train/history.csv: {cache: false}
      - reports/train/score.csv: {cache: false}
      - reports/evaluation.json: {cache: false}
    metrics: [{reports/metrics.json: {cache: false}}]
"""
# One process a stage costs the seconds that Python needs to start; tests/pipeline runs the stages one by one.
EXPERIMENT = '''\
"""The stages train and register; between them, in the place of an evaluation, a number that names the experiment."""
from nashgan.params import load_params
from nashgan.records.evaluation import Metric, write_evaluation
from nashgan.records.metrics import write_metrics
from nashgan.records.paths import Paths
from nashgan.records.train_run import read_train_run
from nashgan.stages import register, train

paths = Paths.find()
params = load_params(paths.params)
train.run(paths, params)
evaluation = {"fid": Metric(value=float(params.train.seed), floor=0.5, samples=2, protocol="the seed")}
write_evaluation(paths.evaluation, evaluation)
write_metrics(paths.metrics, evaluation, read_train_run(paths.train_run))
register.run(paths, params)
'''
IGNORED = "/mlflow*\n/mlartifacts/\n/.nashgan/\n/models/discriminator/\n/reports/train/*/\n"


def run(root: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=root, env=environment(), capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """A clone with the data pulled; workers that are left are ended by DVC, which knows them."""
    origin, root = tmp_path / "origin", tmp_path / "clone"
    ready_to_train(origin, train={"images": 80, "checkpoint_every": 80, "evaluate_every": 0})
    for name, text in {"dvc.yaml": PIPELINE, "experiment.py": EXPERIMENT, ".gitignore": IGNORED}.items():
        (origin / name).write_text(text)
    for command in (
        "git init -q -b main", "git config user.email test@example.org", "git config user.name Test", "dvc init -q",
        "dvc config core.analytics false", f"dvc remote add -q -d store {tmp_path}/remote", "dvc add -q data/splits",
        "git add -A", "git commit -qm start", "dvc push -q", f"git clone -q {origin} {root}",
    ):  # fmt: skip
        run(origin, *command.split())
    for command in (
        "git config user.email test@example.org", "git config user.name Test", "dvc pull -q data/splits"
    ):  # fmt: skip
        run(root, *command.split())
    yield root
    workers = (json.loads(note.read_text())["pid"] for note in root.glob(".dvc/tmp/exps/celery/dvc-exp-worker-*.json"))
    if any(map(psutil.pid_exists, workers)):
        run(root, "dvc", "queue", "stop", "--kill")


@pytest.mark.timeout(500)
def test_five_experiments_by_four_workers(clone: Path) -> None:
    run(clone, "dvc", "exp", "run", "--queue", "-S", f"train.seed={','.join(map(str, SEEDS))}")
    run(clone, "dvc", "queue", "start", "-j", "4")  # returns when the workers end, because they hold its output open

    logs = [json.loads(info.read_text()) for info in clone.glob(".dvc/tmp/exps/run/*/*.json")]
    text = "".join(log.read_text() for log in clone.glob(".dvc/tmp/exps/run/*/*.out"))
    assert {log["returncode"] for log in logs if "returncode" in log} == {0}, text
    for fault in ("locked", "Traceback", "ERROR", "already exists", "MLflow at"):
        assert fault not in text, text

    listed = run(clone, "git", "for-each-ref", "refs/exps", "--format=%(objectname) %(refname:lstrip=4)").splitlines()
    commits = [line.split() for line in listed]
    scores = {name: run(clone, "git", "show", f"{commit}:reports/evaluation.json") for commit, name in commits}
    seeds = {name: int(json.loads(score)["fid"]["value"]) for name, score in scores.items()}
    assert sorted(seeds.values()) == list(SEEDS)

    client = MlflowClient(f"sqlite:///{clone}/mlflow.db")
    experiment = client.get_experiment_by_name("nashgan")
    assert experiment is not None
    runs = client.search_runs(
        [experiment.experiment_id], "params.`train.seed` LIKE '%'"
    )  # not the one that groups them
    assert len(runs) == len(SEEDS) and {run.info.status for run in runs} == {"FINISHED"}
    assert {run.data.tags["dvc.experiment"]: int(run.data.params["train.seed"]) for run in runs} == seeds
    assert {run.data.tags["dvc.experiment"]: run.data.metrics["headline/fid"] for run in runs} == seeds
    assert len({run.data.tags["mlflow.parentRunId"] for run in runs}) == 1
    assert sorted(run.tags["dvc.experiment"] for run in check_same_page(clone).values()) == sorted(seeds)
    versions = client.search_model_versions("name='nashgan'")
    assert sorted(int(version.version) for version in versions) == list(SEEDS)
    assert {version.run_id for version in versions} == {run.info.run_id for run in runs}
    assert not list((clone / ".nashgan" / "checkpoints").glob("*/")), "a training has not ended"
