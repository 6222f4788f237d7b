"""Two trainings at once against one after the other: how the cores are best divided.

Run: python -m benchmarks.parallel

Prints the ratio of the times for each way to set the threads; `dvc queue start -j 2` pays as long as it is below 1.
The first line is what the others are measured against: one after the other, each with all cores. The first way is the
one to choose; the exit status is 1 where it takes more than 1.15 times as long.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import yaml

from nashgan.records.arrays import Images, write_images, write_manifest
from nashgan.records.paths import Paths

REPOSITORY = Path(__file__).parents[1]
AT_ONCE = 2
WAYS = {
    "1 thread each, passive": {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"},
    "all cores each, passive": {"OMP_WAIT_POLICY": "PASSIVE"},
    "all cores each, active": {"OMP_WAIT_POLICY": "ACTIVE"},
}
GIVE_UP = 5.0  # times the sequence
AT_MOST = 1.15  # times the sequence, of the first way


def workspace(root: Path, images: int, seed: int) -> Path:
    """Noise of the default dataset's size, and the default parameters."""
    params = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    params["train"] |= {"images": images, "seed": seed, "log_every": 3200, "sample_every": "10M", "evaluate_every": 0}
    root.mkdir()
    (root / "params.yaml").write_text(yaml.safe_dump(params))
    (root / "dvc.yaml").write_text("stages: {}\n")
    noise = np.random.default_rng(0).integers(0, 256, (4000, 1, 32, 32), dtype=np.uint8)
    write_images(Paths(root).splits, "train", Images(noise))
    splits = {"train": {"count": len(noise), "histogram": None, "sha256": ""}}
    write_manifest(Paths(root).splits, {"source": {"name": "noise"}, "classes": None, "splits": splits, "digest": "-"})
    return root


def start(root: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """A training in a process of its own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "MLFLOW_", "DVC_"))}
    command = [sys.executable, "-m", "nashgan", "train"]
    return subprocess.Popen(command, cwd=root, env=inherited | environment, stderr=subprocess.DEVNULL)


def seconds(folder: Path, images: int, at_once: bool, environment: dict[str, str], limit: float | None = None) -> float:
    """How long the trainings take, their processes' start included; infinite beyond the limit."""
    roots = [workspace(folder / str(seed), images, seed) for seed in range(AT_ONCE)]
    began = time.monotonic()
    processes = []
    try:
        for root in roots:
            processes.append(start(root, environment))
            if not at_once:
                processes[-1].wait()
        for process in processes:
            process.wait(None if limit is None else max(limit - (time.monotonic() - began), 0.1))
    except subprocess.TimeoutExpired:
        return float("inf")
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.wait()
    assert all(process.returncode == 0 for process in processes)
    return time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=40_000, help="of each training")
    images = parser.parse_args().images
    with tempfile.TemporaryDirectory() as scratch:

        def folder(name: str) -> Path:
            made = Path(scratch) / name.replace(" ", "-")
            made.mkdir()
            return made

        sequence = seconds(folder("sequence"), images, False, {"OMP_WAIT_POLICY": "PASSIVE"})
        print(f"{'one after the other':26} {sequence:6.1f} s", flush=True)
        ratios = []
        for name, environment in WAYS.items():
            taken = seconds(folder(name), images, True, environment, GIVE_UP * sequence)
            shown = (
                f"{taken:6.1f} s  {taken / sequence:5.2f} times"
                if taken < float("inf")
                else f"more than {GIVE_UP:.0f} times"
            )
            print(f"{name:26} {shown}", flush=True)
            ratios.append(taken / sequence)
    sys.exit(ratios[0] > AT_MOST)


if __name__ == "__main__":
    main()
