"""What stands around the training: history, progress, timeline, MLflow and DVC, against the steps alone.

Run: python -m benchmarks.overhead [training] [dvc] [imports]

The training is the stage `train` with the settings of params.yaml, on noise, on one thread, with MLflow on a new SQLite
store; it is shorter, so what happens once is counted once for the whole length. Measuring fcd and checkpoints have
benchmarks of their own and are left out. DVC's part is that of a pipeline like the default one, whose commands only
copy files. All seconds are those of the processor, of all threads, because other work may run beside.
The exit status is 1 where a goal is missed.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml
from benchmarks.applications import machine
from benchmarks.parallel import IGNORED, REPOSITORY, commit, run, workspace

from nashgan.params import load_params
from nashgan.records.paths import Paths
from nashgan.runtime.progress import progress
from nashgan.stages import train
from nashgan.training.loop import Training

IMAGES = 3200  # of the shorter training
SHARE, NOTHING, IMPORTS = 0.03, 3.0, 2.5  # goals: of the training's time; seconds of `dvc repro`, and of imports
INTERVALS = ("log_every", "sample_every")


def timed(function: Callable[..., Any], clock: Callable[[], float], taken: list[float]) -> Callable[..., Any]:
    """The same function; what each call takes by the clock is added to `taken`."""

    def called(*given: Any, **named: Any) -> Any:
        began = clock()
        try:
            return function(*given, **named)
        finally:
            taken.append(clock() - began)

    return called


def training(images: int) -> bool:
    """The share of the training's time that is not a step's. Returns whether it is below the goal."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as scratch:
        root = Path(scratch) / "repository"
        workspace(root, images)
        params = yaml.safe_load((root / "params.yaml").read_text())
        params["train"] |= {"evaluate_every": 0} | dict.fromkeys(INTERVALS, "auto")
        params["compute"] |= {"device": "cpu", "threads": 1}
        (root / "params.yaml").write_text(yaml.safe_dump(params))
        settings = load_params(root / "params.yaml")
        steps, saves, loops = list[float](), list[float](), list[float]()
        with ExitStack() as patched:
            for owner, name, clock, taken in (
                (Training, "step", time.thread_time, steps),
                (Training, "save", time.thread_time, saves),
                (train, "train", time.process_time, loops),
            ):
                patched.enter_context(patch.object(owner, name, timed(getattr(owner, name), clock, taken)))
            began = time.process_time()
            train.run(Paths(root), settings)
            whole = time.process_time() - began
    bare = sum(steps)
    during, once = sum(loops) - bare - sum(saves), whole - sum(loops)
    default = load_params(REPOSITORY / "params.yaml").train.images
    length = default / images  # each training has a picture at its start and at its end: more than their share
    share = (during * length + once) / (bare * length)
    print(f"{images:,} images: {bare:.1f} s in steps, {during:.2f} s beside them, {once:.2f} s before and after")
    print(f"the default training, {default:,} images: {share:.2%} of the time of its steps")
    return share < SHARE


def used(root: Path, *command: str, **more: str) -> float:
    """Processor seconds of a command and of all that it starts."""
    before = os.times()
    run(root, *command, **more)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def dvc(images: int) -> bool:
    """What DVC takes for the stage `train`, and with nothing to do. Returns whether the latter is below the goal."""
    pipeline = yaml.safe_load((REPOSITORY / "dvc.yaml").read_text())
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as scratch:
        root = Path(scratch) / "repository"
        workspace(root, images)
        for name in ("src", "params.yaml", "dvc.yaml"):
            copy = shutil.copytree if (REPOSITORY / name).is_dir() else shutil.copy2
            copy(REPOSITORY / name, root / name)
        (root / "data/own").mkdir(parents=True, exist_ok=True)
        shutil.rmtree(root / "data/splits")
        made = {stage: outputs(root / "kept", part) for stage, part in pipeline["stages"].items()}
        for stage, paths in made.items():
            copies = (f"mkdir -p {Path(path).parent} && cp -r kept/{path} {path}" for path in paths)
            pipeline["stages"][stage]["cmd"] = " && ".join(copies)
        (root / "dvc.yaml").write_text(yaml.safe_dump(pipeline))
        commit(root, (root / "dvc.yaml").read_text(), f"{IGNORED}/kept/\n/data/\n/models/\n/reports/\n")
        run(root, "dvc", "repro", "--quiet")
        began = time.monotonic()
        nothing = used(root, "dvc", "repro", "--quiet")
        clock = time.monotonic() - began
        one = used(root, "dvc", "repro", "--quiet", "--force", "--single-item", "train")
    print(f"`dvc repro` with nothing to do: {nothing:.2f} s ({clock:.1f} s by the clock); around `train`: {one:.2f} s")
    return nothing < NOTHING


def outputs(kept: Path, stage: dict[str, Any]) -> list[str]:
    """Files of about the default size in place of a stage's outputs; their paths."""
    named = [*stage.get("outs", []), *stage.get("metrics", [])]
    paths = [one if isinstance(one, str) else next(iter(one)) for one in named]
    for path in paths:
        file = kept / path if Path(path).suffix else kept / path / "file"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"{}" if file.suffix else os.urandom(5_000_000))
    return paths


def imports() -> bool:
    """What each stage's imports take. Returns whether all are below the goal."""
    stages = [path.stem for path in (REPOSITORY / "src/nashgan/stages").glob("*.py")]
    names = [name for name in yaml.safe_load((REPOSITORY / "dvc.yaml").read_text())["stages"] if name in stages]
    taken = {}
    with progress("imports", 2 * len(names), "stages") as advance:
        for name in names:
            command = sys.executable, "-c", f"import nashgan.params, nashgan.stages.{name}"
            for _ in range(2):  # the first fills the caches
                taken[name] = used(REPOSITORY, *command, OMP_NUM_THREADS="1")
                advance(1)
    print("imports: " + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in taken.items()))
    return max(taken.values()) < IMPORTS


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("parts", nargs="*", metavar="PART", help="training, dvc, imports; all, if none is named")
    asked.add_argument("--images", type=int, default=IMAGES, help="of the shorter training")
    options = asked.parse_args()
    print(machine())
    parts = {"training": lambda: training(options.images), "dvc": lambda: dvc(64), "imports": imports}
    if unknown := set(options.parts) - set(parts):
        asked.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(parts)}")
    met = [parts[name]() for name in options.parts or parts]
    sys.exit(not all(met))


if __name__ == "__main__":
    main()
