"""docs/team.md: clones share results through Git, an S3 storage and an MLflow server on PostgreSQL."""

import base64
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import numpy as np
import pytest
import requests
from mlflow import MlflowClient
from PIL import Image
from team_server import REGION, Team, services, team_server
from tracked import free_port, running
from workspaces import environment, ready_to_train

from nashgan.models.generator import load_generator
from nashgan.records.paths import Paths

PIPELINE = """\
stages:
  train:
    cmd: python -m nashgan train
    deps: [data/splits]
    params: [model, objective, train]
    outs:
      - models/generator
      - models/discriminator
      - models/train_run.json
      - reports/train/timeline
      - reports/train/history.csv: {cache: false}
      - reports/train/score.csv: {cache: false}
  evaluate:
    cmd: python evaluate.py
    deps: [models/train_run.json]
    params: [train.seed]
    outs: [{reports/evaluation.json: {cache: false}}]
    metrics: [{reports/metrics.json: {cache: false}}]
  register:
    cmd: python -m nashgan register
    deps: [models/generator, reports/evaluation.json]
    outs: [reports/registry.json]
"""
EVALUATE = '''\
"""In the place of an evaluation, which takes long: the seed of the training as its FID."""
from nashgan.params import load_params
from nashgan.records.evaluation import Metric, write_evaluation
from nashgan.records.metrics import write_metrics
from nashgan.records.paths import Paths
from nashgan.records.train_run import read_train_run

paths = Paths.find()
seed = float(load_params(paths.params).train.seed)
evaluation = {"fid": Metric(value=seed, floor=0.5, samples=2, protocol="the seed")}
write_evaluation(paths.evaluation, evaluation)
write_metrics(paths.metrics, evaluation, read_train_run(paths.train_run))
'''
IGNORED = "/mlflow*\n/mlartifacts/\n/.nashgan/\n/models/\n/reports/registry.json\n/reports/train/*/\n"
FILES = {"dvc.yaml": PIPELINE, "evaluate.py": EVALUATE, ".gitignore": IGNORED}
ALONE = {"MLFLOW_TRACKING_URI": ""}  # a machine that does not reach the team's MLflow


class Clone:
    """A member's clone, and commands in it."""

    def __init__(self, root: Path, team: Team, **more: str) -> None:
        self.root = root
        self.environment = environment(**{**team.environment(), **REGION, **more})

    def run(self, *command: str) -> str:
        done = subprocess.run(command, cwd=self.root, env=self.environment, capture_output=True, text=True, timeout=400)
        assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def each(self, *commands: str) -> None:
        for command in commands:
            self.run(*command.split())

    def nashgan(self, *command: str) -> str:
        return self.run(sys.executable, "-m", "nashgan", *command)

    def name_author(self) -> None:
        self.each("git config user.email test@example.org", "git config user.name Test")


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    with team_server(tmp_path_factory.mktemp("server")) as found:
        yield found


@pytest.fixture(scope="module")
def trained(team: Team, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository without a work tree, where a member has pushed a training; its files are in the storage."""
    folder = tmp_path_factory.mktemp("first")
    hub, clone = folder / "hub.git", Clone(folder / "clone", team)
    ready_to_train(clone.root, train={"images": 80, "checkpoint_every": 80, "evaluate_every": 0, "seed": 2})
    for name, text in FILES.items():
        (clone.root / name).write_text(text)
    clone.each("git init -q -b main", f"git init -q --bare -b main {hub}", f"git remote add origin {hub}")
    clone.name_author()
    clone.each(
        "dvc init -q",
        "dvc config core.analytics false",
        "dvc remote add -q -d team s3://nashgan/dvc",
        f"dvc remote modify -q team endpointurl {team.storage}",
        "dvc add -q data/splits",
        "dvc repro -q",
        "git add -A",
        "git commit -qm trained",
        "dvc push -q",
        "git push -q origin main",
    )
    return hub


@pytest.fixture(scope="module")
def second(team: Team, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """Another member's clone with all results."""
    clone = Clone(tmp_path_factory.mktemp("second") / "clone", team)
    clone.root.mkdir()
    clone.each(f"git clone -q {trained} .", "dvc pull -q")
    clone.name_author()
    return clone


def values(team: Team) -> dict[str, float]:
    """The FID of each training that the server knows, by the training's seed."""
    client = MlflowClient(team.mlflow)
    experiment = client.get_experiment_by_name("nashgan")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], "params.`train.seed` LIKE '%'")
    return {run.data.params["train.seed"]: run.data.metrics["headline/fid"] for run in runs}


def test_a_member_pulls_sees_promotes_and_serves_what_another_trained(team: Team, second: Clone) -> None:
    assert "up to date" in second.run("dvc", "status")
    assert values(team) == {"2": 2.0}
    assert second.nashgan("sync").endswith("1 trainings, 0 of them new; 1 model versions\n")
    assert "version 1 of nashgan is champion" in second.nashgan("promote")
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--env-manager", "local", "--port", str(port)]
    command += ["--model-uri", "models:/nashgan@champion"]
    with running(command, f"http://127.0.0.1:{port}/ping", second.root.parent / "serve.log", second.environment):
        request = {"dataframe_records": [{"seed": 1, "count": 4}]}
        rows = requests.post(f"http://127.0.0.1:{port}/invocations", json=request, timeout=60).json()["predictions"]
    served = [np.asarray(Image.open(io.BytesIO(base64.b64decode(row["image"])))) for row in rows]
    np.testing.assert_array_equal(served, load_generator(Paths(second.root).generator).sample(1, 4)[:, 0])
    assert "presigned" not in team.log.read_text(), "a client was sent to the storage, whose name only servers know"


def test_what_a_rented_machine_trained_alone_comes_home(
    team: Team, trained: Path, second: Clone, tmp_path: Path
) -> None:
    rented = Clone(tmp_path, team, **ALONE)
    rented.each(f"git clone -q {trained} .", "dvc pull -q data/splits")
    rented.name_author()
    rented.each("dvc exp run -q --name idea -S train.seed=1", "dvc exp push -q origin idea")
    assert "1" not in values(team)
    second.each("dvc exp pull -q origin idea")
    assert "1 of them new" in second.nashgan("sync") and values(team)["1"] == 1.0
    assert "version 2 of nashgan is champion" in second.nashgan("promote", "2")


def test_the_storage_has_the_artifacts_and_the_cache(team: Team, trained: Path) -> None:
    storage = boto3.client("s3", endpoint_url=team.storage, aws_access_key_id="team", aws_secret_access_key="secret")
    for kept, name in {"dvc/files/md5/": "", "mlflow/": "weights.safetensors"}.items():
        pages = storage.get_paginator("list_objects_v2").paginate(Bucket="nashgan", Prefix=kept)
        assert any(file["Key"].endswith(name) for page in pages for file in page["Contents"])


def test_no_secret_stands_in_compose_yaml() -> None:
    assert set(services()) == {"database", "storage", "bucket", "mlflow"}
    for name, service in services().items():
        published = service.get("ports", [])
        assert all(port.startswith("127.0.0.1:") for port in published), f"{name} is open to all by default"
