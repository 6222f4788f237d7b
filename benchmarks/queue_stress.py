"""Many tiny experiments by several workers of DVC's queue: which of them are lost, of what, and what brings them back.

Run: python -m benchmarks.queue_stress --experiments 100 --workers 4

In a repository of its own, each experiment trains on a few points, with a seed of its own. After each round of workers
a line says how many experiments have a result, and what DVC says of the others. What failed is queued again, and
workers are started again, until each seed has a result. The exit status is 1 where that does not happen in `ROUNDS`, or
where MLflow does not have one finished run for each result.
"""

import argparse
import collections
import json
import re
import sys
import tempfile
import time
from pathlib import Path

import yaml
from benchmarks.parallel import IGNORED, REPOSITORY, commit, run
from mlflow import MlflowClient

ROUNDS = 10
STASH = "refs/exps/celery/stash"
PIPELINE = """\
stages:
  train:
    cmd: python -m nashgan train
    deps: [data/splits]
    params: [model, objective, train]
    outs: [models/generator, models/discriminator, reports/train, {models/train_run.json: {cache: false}}]
"""
TINY = {"images": 512, "batch": 64, "log_every": 256, "sample_every": "10M", "evaluate_every": 0}
RAISED = re.compile(r"^(?:[\w.]+\.)?(\w+(?:Error|Exception|Locked)): (.*)$", re.MULTILINE)


def repository(root: Path) -> None:
    """Make a Git and DVC repository with a few points, and commit it."""
    params = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    params["data"] |= {"name": "ring8"}
    params["train"] |= TINY
    root.mkdir()
    (root / "params.yaml").write_text(yaml.safe_dump(params))
    (root / "dvc.yaml").write_text("stages: {}\n")
    for stage in ("download", "split"):
        run(root, "python", "-m", "nashgan", stage)
    commit(root, PIPELINE, IGNORED + "/data/raw/\n")


def results(root: Path) -> list[int]:
    """The seed of each experiment that has a result, in order."""
    listed = run(root, "git", "for-each-ref", "refs/exps", "--format=%(refname)").split()
    shown = (run(root, "git", "show", f"{name}:models/train_run.json") for name in listed if "/celery/" not in name)
    return sorted(json.loads(one)["params"]["train"]["seed"] for one in shown)


def waiting(root: Path) -> set[int]:
    """The seeds of the experiments that are still queued: DVC keeps them as a stash of its own."""
    if not run(root, "git", "for-each-ref", STASH):
        return set()
    commits = run(root, "git", "log", "--walk-reflogs", "--format=%H", STASH).split()
    return {yaml.safe_load(run(root, "git", "show", f"{one}:params.yaml"))["train"]["seed"] for one in commits}


def states(root: Path) -> collections.Counter[str]:
    """How many tasks `dvc queue status` names with each state."""
    shown = run(root, "dvc", "queue", "status")
    return collections.Counter(re.findall(r"\b(Queued|Running|Failed|Success)\b", shown.partition("Worker status")[0]))


def faults(root: Path) -> collections.Counter[str]:
    """The errors in the logs of the workers, and how often each occurs."""
    logs = root.glob(".dvc/tmp/exps/celery/*.out")
    found = (match for log in logs for match in RAISED.findall(log.read_text(errors="replace")))
    return collections.Counter(f"{kind}: {re.sub('[0-9a-f]{7,}|/[^ ]+', '…', said)[:100]}" for kind, said in found)


def finished_runs(root: Path) -> list[int]:
    """The seed of each training that MLflow has as finished, in order."""
    client = MlflowClient(f"sqlite:///{root}/mlflow.db")
    experiment = client.get_experiment_by_name("nashgan")
    assert experiment is not None, "MLflow has no run"
    found = client.search_runs([experiment.experiment_id], "attributes.status = 'FINISHED'", max_results=10_000)
    return sorted(int(one.data.params["train.seed"]) for one in found if "train.seed" in one.data.params)


def queue(root: Path, seeds: list[int]) -> None:
    """Queue an experiment for each seed."""
    run(root, "dvc", "exp", "run", "--quiet", "--queue", "-S", f"train.seed={','.join(map(str, seeds))}")


def work(root: Path, seeds: list[int], workers: int) -> bool:
    """Run the experiments, round by round. Returns whether each has a result in the end."""
    began, known = time.monotonic(), collections.Counter[str]()
    for number in range(1, ROUNDS + 1):
        run(root, "dvc", "queue", "start", "-j", str(workers), OMP_NUM_THREADS="1")  # returns when its workers end
        done, told, seen = results(root), states(root), faults(root)
        missing = sorted(set(seeds) - set(done))
        said = ", ".join(f"{count} {state}" for state, count in sorted(told.items()))
        print(f"round {number}: {len(set(done))} of {len(seeds)} experiments have a result after "
              f"{time.monotonic() - began:.0f} s; the queue says: {said}", flush=True)  # fmt: skip
        for fault, count in (seen - known).items():
            print(f"  {count} × {fault}", flush=True)
        known = seen
        if not missing:
            return True
        if told["Failed"]:
            run(root, "dvc", "queue", "remove", "--failed")
        if lost := sorted(set(missing) - waiting(root)):
            queue(root, lost)
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, default=100)
    parser.add_argument("--workers", type=int, default=4)
    options = parser.parse_args()
    seeds = list(range(1, options.experiments + 1))
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "repository"
        repository(root)
        queue(root, seeds)
        complete = work(root, seeds, options.workers)
        found, tracked = results(root), finished_runs(root)
    twice = len(found) - len(set(found))
    print(
        f"{len(set(found))} results of {len(seeds)} experiments, {twice} of them twice; MLflow has {len(tracked)} runs"
    )
    sys.exit(not complete or sorted(set(tracked)) != seeds)


if __name__ == "__main__":
    main()
