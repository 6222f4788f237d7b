"""A repository with real DVC experiments, whose stages only write what the real ones write."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from nashgan.records.paths import Paths

STAGES = """\
stages:
  train:
    cmd: python stages.py train
    params: [objective, train]
    outs: [models/generator, models/train_run.json]
  generate:
    cmd: python stages.py generate
    deps: [models/generator]
    params: [generate]
    outs: [data/samples, {reports/samples.png: {cache: false}}]
  evaluate:
    cmd: python stages.py evaluate
    deps: [data/samples, models/train_run.json]
    params: [evaluate]
    outs: [{reports/evaluation.json: {cache: false}}]
    metrics: [{reports/metrics.json: {cache: false}}]
"""
PARAMS = """\
objective: {loss: non_saturating}
train: {seed: 0, images: 320k}
generate: {seed: 0, samples: 2000}
evaluate: {inception_weights: null}
"""
WRITERS = """\
import json, sys
from pathlib import Path
import yaml
from PIL import Image

params = yaml.safe_load(Path("params.yaml").read_text())
loss, seed, samples = params["objective"]["loss"], params["train"]["seed"], params["generate"]["samples"]

def write(path, value):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(json.dumps(value))

if sys.argv[1] == "train":
    write("models/generator/config.json", [loss, seed])
    write("models/train_run.json", {"seconds": 160.0 + seed})
elif sys.argv[1] == "generate":
    write("data/samples/manifest.json", [params["generate"], Path("models/generator/config.json").read_text()])
    Path("reports").mkdir(exist_ok=True)
    Image.new("L", (8 * 32 + 7, 8 * 32 + 7), 10 * seed).save("reports/samples.png")
else:
    from nashgan.records.evaluation import Metric, write_evaluation
    from nashgan.records.metrics import write_metrics
    from nashgan.records.train_run import KeptMoment, TrainRun

    fid = {"hinge": 20.0, "lsgan": 30.0}.get(loss, 25.0) + seed
    shared = {"floor": 5.5, "samples": samples, "protocol": f"inception, {samples} of train", "versions": "torch 2"}
    evaluation = {
        "kid": Metric(value=fid / 2000, **shared),
        "fid": Metric(value=fid, interval=(fid - 1, fid + 1), **shared),
        "fcd": Metric(value=fid / 1000, **shared),
        "recall": Metric(value=1 - fid / 100, **shared),
    }
    seconds = json.loads(Path("models/train_run.json").read_text())["seconds"]
    params, kept = {"train": {"images": 320000}}, KeptMoment(images=320000)
    write_evaluation(Path("reports/evaluation.json"), evaluation)
    run = TrainRun.model_construct(seconds=seconds, params=params, kept=kept)
    write_metrics(Path("reports/metrics.json"), evaluation, run)
"""
IGNORED = "/models/\n/data/samples\n/mlflow.db*\n/mlartifacts/\n"


@dataclass(frozen=True)
class Repository:
    """A repository, and commands run in it."""

    paths: Paths

    @property
    def root(self) -> Path:
        return self.paths.root

    def run(self, *command: str, status: int = 0) -> str:
        """Run a command. Returns what it prints."""
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)
        assert done.returncode == status, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def nashgan(self, *arguments: str, status: int = 0) -> str:
        return self.run(sys.executable, "-m", "nashgan", *arguments, status=status)

    def experiment(self, name: str, *overrides: str) -> None:
        self.run("dvc", "exp", "run", "--name", name, *(part for override in overrides for part in ("-S", override)))

    def experiment_without_picture(self, name: str) -> None:
        """Run an experiment whose grid of samples is not a picture."""
        writers = self.root / "stages.py"
        writers.write_text(f'{WRITERS}\nif sys.argv[1] == "generate":\n    write("reports/samples.png", 0)\n')
        self.experiment(name, "train.seed=9")


def empty_repository(root: Path) -> Repository:
    """Stages and parameters, committed, and nothing run."""
    repository = Repository(Paths(root))
    for name, text in {
        "dvc.yaml": STAGES, "params.yaml": PARAMS, "stages.py": WRITERS, ".gitignore": IGNORED
    }.items():  # fmt: skip
        (root / name).write_text(text)
    repository.run("git", "init", "-q", "-b", "main")
    repository.run("git", "config", "user.email", "test@example.org")
    repository.run("git", "config", "user.name", "Test")
    repository.run("dvc", "init", "-q")
    repository.run("dvc", "config", "core.analytics", "false")
    commit(repository, "start")
    return repository


def commit(repository: Repository, message: str) -> None:
    repository.run("git", "add", "-A")
    repository.run("git", "commit", "-qm", message)
