"""Two experiments at once in DVC's queue against one: what `dvc queue start -j 2` costs, and what it saves.

Run: python -m benchmarks.parallel

In a repository of its own, with the parameters of params.yaml, on noise. Each round queues one training and then two,
each way, and prints how many times as long the two take, from the first's start to the last's end. Below 2, a queue of
two is faster than one after the other. The exit status is 1 where a plain queue takes more than 2.2 times as long.
"""

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path

import numpy as np
import yaml

import nashgan
from nashgan.records.examples import Examples, write_examples, write_manifest
from nashgan.records.paths import Paths
from nashgan.records.splits import Split, SplitsManifest
from nashgan.spaces.image import ImageSpace

REPOSITORY = Path(__file__).parents[1]
SOURCE = Path(nashgan.__file__).parents[1]
WAYS: dict[str, dict[str, str]] = {"plain": {}, "1 thread each": {"OMP_NUM_THREADS": "1"}}
AT_MOST = 2.2  # how many times as long as one training two may take in a plain queue
IGNORED = "/mlflow*\n/.nashgan/\n"
OPENMP = ("OMP_", "GOMP_", "KMP_")
PIPELINE = """\
stages:
  train:
    cmd: python -m nashgan train
    params: [model, objective, train]
    outs: [models/generator, models/discriminator, reports/train, {models/train_run.json: {cache: false}}]
"""


def workspace(root: Path, images: int) -> None:
    """Write a workspace with noise of the default dataset's size and the default parameters."""
    params = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    params["train"] |= {"images": images, "log_every": 3200, "sample_every": "10M", "evaluate_every": 0}
    root.mkdir()
    (root / "params.yaml").write_text(yaml.safe_dump(params))
    (root / "dvc.yaml").write_text("stages: {}\n")
    noise = np.random.default_rng(0).integers(0, 256, (4000, 1, 32, 32), dtype=np.uint8)
    folder = Paths(root).splits
    write_examples(folder, "train", Examples(noise))
    manifest = SplitsManifest(
        source={"name": "noise"},
        examples=ImageSpace(1, 32, 32).format,
        splits={"train": Split(count=len(noise), histogram=None, sha256="")},
        duplicates=0,
        unreadable=[],
        digest="-",
    )
    write_manifest(folder, manifest)


def repository(root: Path, images: int) -> None:
    """Make a workspace that is a Git and DVC repository, and commit it."""
    workspace(root, images)
    commit(root, PIPELINE, IGNORED)


def commit(root: Path, pipeline: str, ignored: str) -> None:
    """Make the folder `root` a Git and DVC repository with this pipeline, and commit what is not ignored."""
    (root / "dvc.yaml").write_text(pipeline)
    (root / ".gitignore").write_text(ignored)
    for command in (
        "git init -q", "git config user.email bench@example.org", "git config user.name Bench", "dvc init -q",
        "dvc config core.analytics false", "git add -A", "git commit -qm start",
    ):  # fmt: skip
        run(root, *command.split())


def environment(**more: str) -> dict[str, str]:
    """The environment of a command: only `more` configures OpenMP, MLflow and DVC."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith((*OPENMP, "MLFLOW_", "DVC_"))}
    return kept | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(SOURCE), **more}


def run(root: Path, *command: str, **more: str) -> str:
    """Run a command. Returns what it prints."""
    done = subprocess.run(command, cwd=root, env=environment(**more), check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def seconds(root: Path, seeds: list[int], **more: str) -> float:
    """From the start of the first of these trainings to the end of the last, all of them at once in DVC's queue."""
    run(root, "dvc", "exp", "run", "--quiet", "--queue", "-S", f"train.seed={','.join(map(str, seeds))}")
    run(root, "dvc", "queue", "start", "-j", str(len(seeds)), **more)  # returns when its workers end
    listed = run(root, "git", "for-each-ref", "refs/exps", "--format=%(refname)").split()
    runs = [json.loads(run(root, "git", "show", f"{name}:models/train_run.json")) for name in listed]
    ours = [one for one in runs if one["params"]["train"]["seed"] in seeds]
    assert len(ours) == len(seeds), "an experiment failed; `dvc queue logs` says why"
    ended = max(datetime.fromisoformat(one["finished"]) for one in ours)
    return (ended - min(datetime.fromisoformat(one["started"]) for one in ours)).total_seconds()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=12_800, help="of each training")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    ratios: dict[str, list[float]] = {way: [] for way in WAYS}
    seeds = itertools.count()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "repository"
        repository(root, options.images)
        for _ in range(options.rounds):
            one = seconds(root, [next(seeds)])
            print(f"{'one':19} {one:6.0f} s", flush=True)
            for way, more in WAYS.items():
                two = seconds(root, [next(seeds), next(seeds)], **more)
                ratios[way].append(two / one)
                print(f"two, {way:14} {two:6.0f} s  {two / one:.2f} times", flush=True)
    for way, found in ratios.items():
        print(f"{way}: {statistics.median(found):.2f} times ({min(found):.2f} to {max(found):.2f})")
    sys.exit(statistics.median(ratios["plain"]) > AT_MOST)


if __name__ == "__main__":
    main()
