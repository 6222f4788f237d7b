"""Trainings in forked processes, so that killing one costs no start of Python. Run as a program with a job on stdin.

The job is {workspace: [moment, ...]}; what comes of each workspace is printed as JSON: {"undisturbed": {...}, "killed":
{...}, "kills": n, "runs": [status of each MLflow run], "shown": whether the killed one's shows its history}.

Moments: "anytime" after the start, "between" two checkpoints, while one is "writing", while the stage's "outputs" are
written; and "full", no kill: the disk is full for the next checkpoint, and the stage ends by itself.

"between@4" is on 4 processes, which are all killed. "one@4" kills one of them, and "asked@4" asks the launcher to stop.
"""

import csv
import hashlib
import importlib
import json
import os
import random
import resource
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from record_files import OF_THE_MACHINE, repeatable

from nashgan.params import load_params
from nashgan.records.paths import Paths
from nashgan.runtime.errors import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USER, Lost, UserError
from nashgan.stages import train
from nashgan.tracking.naming import metric_name
from nashgan.tracking.run_from_files import ensure_run
from nashgan.tracking.store import connect
from nashgan.tracking.upload import known_points
from nashgan.training.checkpoint import STOPPED, Checkpoints

STEPS_A_KILL = 0.05  # seconds; a checkpoint is written about every 0.02 s
OUTPUTS = ("models/generator", "models/discriminator", "reports")


def start(root: Path, largest_file: int = resource.RLIM_INFINITY, processes: int = 1) -> int:
    """The id of a new process that runs the train stage; the last checkpoint stays, because it is compared too.

    It leads a group of its own, to which all processes of the training belong.
    """
    if pid := os.fork():
        return pid
    try:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, resource.RLIM_INFINITY))
        Checkpoints.clear = lambda self: None  # type: ignore[method-assign]
        params = load_params(root / "params.yaml")
        compute = params.compute.model_copy(update={"processes": processes})
        train.run(Paths(root), params.model_copy(update={"compute": compute}))
        os._exit(0)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        os._exit(EXIT_USER)
    except Lost as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        os._exit(EXIT_FAILED)
    except SystemExit as ended:
        os._exit(int(str(ended.code)))
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def killed(root: Path, moment: str, chance: random.Random) -> bool:
    """Start the training and kill it at the moment; False if it ended before."""
    moment, _, count = moment.partition("@")
    pid = start(root, processes=int(count or 1))
    began = newest(root)
    waits: dict[str, Callable[[], bool]] = {
        "anytime": lambda: True,
        **dict.fromkeys(("between", "one", "asked"), lambda: newest(root) > began),
        "writing": lambda: newest(root) > began and any(root.glob(".nashgan/checkpoints/*/.*.safetensors.*.tmp")),
        "outputs": lambda: (root / "models" / "generator").exists(),
    }  # fmt: skip
    while not waits[moment]():
        if os.waitpid(pid, os.WNOHANG)[0]:
            return False
        time.sleep(0.001)  # the training needs the processor
    if moment in ("anytime", "between"):
        time.sleep(chance.uniform(0, 1 if moment == "anytime" else STEPS_A_KILL))
    if moment == "one":
        psutil.Process(pid).children()[-1].kill()
    else:
        os.killpg(pid, signal.SIGUSR1 if moment == "asked" else signal.SIGKILL)
    asked = time.monotonic()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert time.monotonic() - asked < 30, "the others go on"
    return status == {"one": EXIT_FAILED, "asked": EXIT_INTERRUPTED}.get(moment, -signal.SIGKILL)


def fills_the_disk(root: Path) -> bool:
    """Start the training where no file may become as large as a checkpoint. Returns whether it ends as it should."""
    before = {path: path.read_bytes() for path in checkpoints(root).rglob("0*") if path.is_file()}
    size = max(path.stat().st_size for path in checkpoints(root).glob("*.safetensors"))
    connect(Paths(root))  # undoes in the store what a kill left half-written: this, too, needs space
    _, status = os.waitpid(start(root, largest_file=size // 2), 0)
    assert all(path.read_bytes() == content for path, content in before.items()), "former files are changed"
    assert not list(root.rglob("*.tmp")), "something half-written is left"
    return os.waitstatus_to_exitcode(status) == EXIT_USER


def finished(root: Path) -> dict[str, Any]:
    """Train to the end. Returns digests of all that must not depend on interruptions."""
    _, status = os.waitpid(start(root), 0)
    assert status == 0, status
    paths, folder = Paths(root), checkpoints(root)
    last = max(folder.glob("*.safetensors"))
    state = json.loads(last.with_suffix(".json").read_text())["state"]
    state["history"]["rows"] = repeatable(state["history"]["rows"])
    folders = (paths.generator, paths.discriminator, paths.timeline)
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    found: dict[str, Any] = {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (*files, paths.scores, last)
    }
    found["history.csv"] = [line.rsplit(",", len(OF_THE_MACHINE))[0] for line in paths.history.read_text().splitlines()]
    found["kept"] = json.loads(paths.train_run.read_text())["kept"]
    return found | {"state": state}


def shown(root: Path) -> bool:
    """Whether MLflow shows what the history says, of each step, though some steps were repeated and others not sent."""
    paths = Paths(root)
    delivered = known_points(connect(paths).client, ensure_run(paths))
    with paths.history.open() as file:
        rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    return all(
        delivered[metric_name(key)][int(row["images"])][1] == row[key] for row in rows for key in row if key != "images"
    )


def checkpoints(root: Path) -> Path:
    return next(path for path in root.glob(".nashgan/checkpoints/*") if path.is_dir())


def newest(root: Path) -> int:
    stems = (path.stem.removesuffix(STOPPED) for path in root.glob(".nashgan/checkpoints/*/*.json"))
    return max((int(stem) for stem in stems if stem != "run"), default=-1)


def clean(root: Path) -> None:
    for name in (*OUTPUTS, ".nashgan"):
        shutil.rmtree(root / name, ignore_errors=True)


def played(root: Path, kills: list[str]) -> dict[str, Any]:
    """A training that nothing disturbs, and one that is killed at each of the moments."""
    chance = random.Random(root.name)
    undisturbed = finished(root)
    clean(root)
    done = 0
    for moment in kills:
        done += fills_the_disk(root) if moment == "full" else killed(root, moment, chance)
    ended = finished(root)
    store = connect(Paths(root))
    runs = [run.info.status for run in store.client.search_runs([store.experiment_id])]
    return {"undisturbed": undisturbed, "killed": ended, "kills": done, "runs": runs, "shown": shown(root)}


def main() -> None:
    job = json.load(sys.stdin)
    connect(Paths(Path(next(iter(job))) / "warm"))  # what MLflow imports only when it is used, and torch's optimizers
    importlib.import_module("torch._dynamo")
    assert threading.active_count() == 1  # a fork takes no other thread along
    print(json.dumps([played(Path(root), kills) for root, kills in job.items()]))


if __name__ == "__main__":
    main()
