"""How long threads should spin before they sleep: one training, and two at once, for several numbers of turns.

Run: python -m benchmarks.waiting

With the parameters of params.yaml, on noise, each training on all cores. Prints the images a second of each training.
`nashgan.runtime.threads` has the number that was chosen: one training is as fast as with the 300,000 turns of GNU's
OpenMP, and two at once are about half as fast each.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.parallel import environment, workspace

from nashgan.records.paths import Paths
from nashgan.records.train_run import read_train_run

SPINS = (0, 1000, 3000, 10_000, 300_000)
SLOWEST = 20  # images a second, the process's start included; what is slower is given up


def rates(folder: Path, images: int, count: int, spins: int) -> list[float]:
    """Images a second of `count` trainings at once; 0 of those that were given up."""
    roots = [folder / str(index) for index in range(count)]
    folder.mkdir(parents=True)
    for root in roots:
        workspace(root, images)
    command, variables = [sys.executable, "-m", "nashgan", "train"], environment(GOMP_SPINCOUNT=str(spins))
    processes = [subprocess.Popen(command, cwd=root, env=variables, stderr=subprocess.DEVNULL) for root in roots]
    try:
        for process in processes:
            process.wait(images / SLOWEST)
    except subprocess.TimeoutExpired:
        return [0.0] * count
    finally:
        for process in processes:
            process.kill()
            process.wait()
    written = [read_train_run(Paths(root).train_run) for root in roots]
    return [images / run.seconds for run in written]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=3200, help="of each training")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for turn in range(options.rounds):
            for spins in SPINS:
                for count in (1, 2):
                    found = rates(Path(scratch) / f"{turn}-{spins}-{count}", options.images, count, spins)
                    shown = ", ".join(f"{rate:.0f}" for rate in found)
                    print(f"{spins:7,} turns, {count} at once: {shown} img/s", flush=True)


if __name__ == "__main__":
    main()
