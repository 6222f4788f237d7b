"""A search by two workers on a real PostgreSQL server, with real trainings in DVC experiments; one worker is killed."""

import contextlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from mlflow import MlflowClient
from postgres import missing, postgres
from workspaces import STAGES, WHOLE, Sections, environment, no_store_named, run_stages, write_params

from nashgan.params import load_params
from nashgan.records.train_run import parse_train_run, read_train_run
from nashgan.runtime.git import git_lines
from nashgan.stages import train

DATA = STAGES[: STAGES.index("train")]
PIPELINE = """\
stages:
  evaluate:
    cmd: python experiment.py
    deps: [data/splits, data/reference, models/classifier, experiment.py]
    params: [data.given, model, objective, train, generate, evaluate]
    outs:
      - models/generator
      - models/discriminator
      - data/samples
      - reports/train
      - models/train_run.json: {cache: false}
      - reports/evaluation.json: {cache: false}
      - reports/samples.png: {cache: false}
    metrics: [{reports/metrics.json: {cache: false}}]
"""
# One process a stage costs the seconds that Python needs to start; tests/pipeline runs the stages one by one.
EXPERIMENT = '''\
"""The stages from train to evaluate."""
from nashgan.params import load_params
from nashgan.records.paths import Paths
from nashgan.stages import evaluate, generate, train

paths = Paths.find()
params = load_params(paths.params)
for stage in (train, generate, evaluate):
    stage.run(paths, params)
'''
SPACE = """\
metric: sliced_wasserstein
trials: 2
rungs: [128]
reduction_factor: 2
parameters:
  train.lr_generator: {low: 1e-5, high: 1e-1, log: true}
  objective.loss: [rpgan, hinge]
"""
SEARCHED: Sections = {"data": {"name": "ring8"}, "model": {"width": 4}}  # what differs from a whole tiny pipeline
IGNORED = (
    "/mlflow*\n/mlartifacts/\n/.nashgan/\n/models/generator/\n/models/discriminator/\n/data/samples/\n/reports/train/\n"
)
WORKER = """\
from nashgan.cli import app
from nashgan.search import study

study.HEARTBEAT, study.GRACE = 1, 10  # seconds
app()
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the data committed, in which an experiment can run at once."""
    root = tmp_path / "repository"
    paths = write_params(root, WHOLE, SEARCHED)
    with no_store_named():
        run_stages(paths, DATA)
    shutil.rmtree(paths.raw)
    files = {"dvc.yaml": PIPELINE, "experiment.py": EXPERIMENT, ".gitignore": IGNORED, "rates.yaml": SPACE}
    for name, text in files.items():
        (root / name).write_text(text)
    for command in (
        "git init -q -b main", "git config user.email test@example.org", "git config user.name Test", "dvc init -q",
        "dvc config core.analytics false", "git add -A", "git commit -qm start"
    ):  # fmt: skip
        subprocess.run(command.split(), cwd=root, env=environment(), check=True, capture_output=True)
    return root


def worker(root: Path, storage: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WORKER, "search", "rates.yaml", "--storage", storage]
    return subprocess.Popen(command, cwd=root, env=environment(), stderr=subprocess.PIPE, text=True)


def shown(root: Path, ref: str, path: str) -> bytes:
    return subprocess.check_output(["git", "show", f"{ref}:{path}"], cwd=root)


def trains(process: subprocess.Popen[str]) -> bool:
    """Whether the worker has come as far as the training in a temporary workspace."""
    family = psutil.Process(process.pid).children(recursive=True)
    with contextlib.suppress(psutil.NoSuchProcess):
        return any("experiment.py" in member.cmdline() for member in family)
    return False


def kill_with_all_its_processes(process: subprocess.Popen[str]) -> None:
    family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    for member in family:
        member.kill()
    process.communicate()


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
@pytest.mark.timeout(1200)
def test_two_workers_share_a_study_and_the_trial_of_a_killed_one_goes_on(repository: Path) -> None:
    with postgres() as storage:
        killed, left = worker(repository, storage), worker(repository, storage)
        logs = repository / ".nashgan" / "search"
        while len(list(logs.glob("*.log"))) < 2 or not trains(killed):  # each has its trial
            assert killed.poll() is None and left.poll() is None, (killed.communicate(), left.communicate())
            time.sleep(0.1)
        kill_with_all_its_processes(killed)
        _, errors = left.communicate(timeout=1100)
        assert left.returncode == 0, errors
        command = [sys.executable, "-m", "nashgan", "compare", "--study", "rates", "--storage", storage]
        compared = subprocess.run(command, cwd=repository, env=environment(), capture_output=True, text=True)
        assert compared.returncode == 0, compared.stderr

    names = [f"rates-{number:04d}" for number in range(20) if f"rates-{number:04d}" in compared.stdout]
    assert len(names) == 2 and "running" not in compared.stdout and "failed" not in compared.stdout
    refs = git_lines(repository, "for-each-ref", "refs/exps", "--format=%(refname)")
    experiments = {ref.rpartition("/")[2]: ref for ref in refs if ref.rpartition("/")[2] in names}
    assert sorted(experiments) == names
    page = (repository / "reports" / "comparison" / "index.html").read_text()
    assert "Study rates" in page and all(name in page for name in names)

    records = {
        name: parse_train_run(shown(repository, ref, "models/train_run.json"), name)
        for name, ref in experiments.items()
    }
    pruned = {name for name, record in records.items() if record.unfinished}
    assert len(pruned) == compared.stdout.count(" pruned ") < 2
    for name, record in records.items():
        evaluation = json.loads(shown(repository, experiments[name], "reports/evaluation.json"))
        assert evaluation["sliced_wasserstein"]["value"] is not None
        assert record.images == (128 if name in pruned else 512)
        assert record.tags["study"] == "rates" and record.tags["trial"] == str(int(name[-4:]))

    client = MlflowClient(f"sqlite:///{repository}/mlflow.db")
    found = client.get_experiment_by_name("nashgan")
    assert found is not None
    runs = client.search_runs([found.experiment_id], "tags.study = 'rates'")
    assert sorted(run.data.tags["dvc.experiment"] for run in runs) == names
    assert {run.info.status for run in runs} == {"FINISHED"}

    undisturbed = write_params(repository.parent / "undisturbed", WHOLE, SEARCHED)  # the trainings without any break
    shutil.copytree(repository / "data", undisturbed.root / "data")
    shutil.copytree(repository / "models" / "classifier", undisturbed.classifier)
    for name, record in records.items():
        shutil.rmtree(undisturbed.root / ".nashgan", ignore_errors=True)
        write_params(undisturbed.root, record.params)
        with no_store_named():
            train.run(undisturbed, load_params(undisturbed.params))
        assert read_train_run(undisturbed.train_run).generator == record.generator, name
