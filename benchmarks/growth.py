"""Memory and time of the stages as the dataset grows, or as the samples do.

Run: python -m benchmarks.growth --images 1000 10000 100000 1000000 [--out FILE.json] [--picture FILE.svg]
     python -m benchmarks.growth --samples 1000 10000 100000 1000000 [--out FILE.json]

With --images, datasets of so many generated images of 32 × 32 grey pixels pass through the stages split, reference,
train and evaluate, each in a process of its own. Only the dataset grows: `PARTS` has what stays the same. The
classifier has random weights. With --samples, so many features are drawn, not computed, and their FID is measured.

Seconds are those of the processor, because other work may run beside. Memory is what the process has of its own, at
most; pages of files that it has mapped do not count, for the system takes them back when they are needed elsewhere. The
exit status is 1 where a stage needs more than for the smallest dataset by `PIECES`, and by `EACH` bytes for each image
or sample.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from benchmarks.applications import machine
from matplotlib.figure import Figure

from nashgan.features.classifier import Classifier, save_classifier
from nashgan.metrics.frechet import frechet_estimate
from nashgan.records import raw
from nashgan.records.computed import computed, divided
from nashgan.records.examples import appended_examples, write_labels, write_manifest
from nashgan.records.paths import Paths
from nashgan.records.raw import RawManifest
from nashgan.runtime.device import AUTO
from nashgan.spaces.image import ImageSpace

ROOT = Path(__file__).parents[1]
SPACE, CLASSES, CHUNK = ImageSpace(1, 32, 32), [str(digit) for digit in range(10)], 10_000
STAGES = ("split", "reference", "train", "generate", "evaluate")
SHOWN = ("split", "reference", "train", "evaluate")  # `generate` sees no images
PARTS: dict[str, dict[str, Any]] = {
    "compute": {"device": "cpu", "threads": 1},
    "model": {"name": "mlp", "width": 8},
    "objective": {"loss": "non_saturating", "penalty": "none"},
    "train": {"images": 3200, "batch": 64, "evaluate_every": 0, "sample_every": 3200},
    "reference": {"images": 32},
    "generate": {"samples": 32},
    "evaluate": {"seeds": 0},
}
PIECES = 100 << 20  # bytes of examples or features that are worked on at a time, of which a small dataset has less
EACH = 200  # bytes; an image has 1,024
REAL = 10_000  # features that the drawn ones are compared with
POLL = 0.02  # seconds between two looks at a process's memory


def generated(count: int) -> Iterator[np.ndarray]:
    """Images in chunks, all different: squares of random grey under faint noise."""
    for first in range(0, count, CHUNK):
        random = np.random.default_rng(first)
        squares = random.integers(0, 224, (min(CHUNK, count - first), 1, 4, 4), dtype=np.uint8)
        yield squares.repeat(8, axis=2).repeat(8, axis=3) + random.integers(0, 32, (len(squares), 1, 32, 32), np.uint8)


def dataset(root: Path, count: int) -> Paths:
    """Write a workspace with so many generated images in data/raw, and a classifier."""
    paths, params = Paths(root), yaml.safe_load((ROOT / "params.yaml").read_text())
    for section, changes in PARTS.items():
        params[section] |= changes
    (root / "params.yaml").write_text(yaml.safe_dump(params))
    (root / "dvc.yaml").write_text("stages: {}\n")
    with appended_examples(paths.raw, raw.NAME, SPACE.format) as append:
        for images in generated(count):
            append(images)
    write_labels(paths.raw, raw.NAME, np.arange(count) % len(CLASSES))
    manifest = RawManifest(
        source={"name": "mnist5k"}, examples=SPACE.format, classes=CLASSES, count=count, unreadable=[], digest="-"
    )
    write_manifest(paths.raw, manifest)
    torch.manual_seed(0)
    save_classifier(paths.classifier, Classifier(SPACE, len(CLASSES)), "class", CLASSES, SPACE, 0, None)
    return paths


def measured(root: Path, *command: str) -> dict[str, float]:
    """Seconds of the processor, seconds by the clock, and the most bytes of its own that a command had."""
    environment = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}", "OMP_NUM_THREADS": "1"}
    began, most = time.monotonic(), 0
    with tempfile.TemporaryFile() as said:
        started = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=root, env=environment, stdout=said, stderr=said
        )
        while True:
            most = max(most, own_memory(started.pid))
            ended, status, used = os.wait4(started.pid, os.WNOHANG)
            if ended:
                break
            time.sleep(POLL)
        started.returncode = os.waitstatus_to_exitcode(status)
        if started.returncode:
            said.seek(0)
            sys.exit(f"{' '.join(command)}: {said.read().decode(errors='replace')[-2000:]}")
    return {"cpu": used.ru_utime + used.ru_stime, "seconds": time.monotonic() - began, "bytes": most}


def own_memory(pid: int) -> int:
    """The bytes of memory that a process has of its own now; 0 where it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


def grow_images(sizes: Sequence[int]) -> dict[int, dict[str, dict[str, float]]]:
    """What each stage takes, for each size of the dataset."""
    found: dict[int, dict[str, dict[str, float]]] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as scratch:  # a disk, not a folder in memory
            root = Path(scratch)
            dataset(root, size)
            found[size] = {stage: measured(root, "nashgan", stage) for stage in STAGES}
        cells = (f"{found[size][stage]['cpu']:.1f} s, {found[size][stage]['bytes'] / 2**20:.0f}" for stage in SHOWN)
        print(f"| {size:,} | {' | '.join(cells)} |", flush=True)
    return found


def grow_samples(sizes: Sequence[int], dim: int) -> dict[int, dict[str, dict[str, float]]]:
    """What FID takes, for each number of samples."""
    found: dict[int, dict[str, dict[str, float]]] = {}
    for size in sizes:
        made = measured_fid(size, dim, 1)
        found[size] = {"fid": made}
        print(f"| {size:,} | {made['cpu']:.0f} s | {made['bytes'] / 2**20:.0f} | {made['value']:.9f} |", flush=True)
    return found


def measured_fid(count: int, dim: int, processes: int) -> dict[str, float]:
    """The Fréchet distance of `count` drawn features, its standard error, and what it takes: see `measured`."""
    command = "benchmarks.growth", "--fid", *map(str, (count, dim, processes))
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as scratch:
        told = Path(scratch) / "told.json"
        taken = measured(Path(scratch), *command, "--out", str(told))
        made: dict[str, float] = json.loads(told.read_text())
    return taken | made


def fid(count: int, dim: int, processes: int) -> dict[str, float]:
    """The Fréchet distance of `count` drawn features from `REAL` others, which some processes draw."""
    compute = AUTO.model_copy(update={"processes": processes})
    with divided(compute, Path("scratch")):
        ways = (partial(drawn, seed, dim) for seed in range(2))
        real, fake = (
            computed((size, dim), "float32", CHUNK, rows, rows) for size, rows in zip((REAL, count), ways, strict=True)
        )
    found = frechet_estimate(real, fake, normalised=False)
    assert found.interval
    return {"value": found.value, "reach": (found.interval[1] - found.interval[0]) / 2}


def drawn(seed: int, dim: int, part: range) -> Iterator[np.ndarray]:
    """Features from a normal distribution whose coordinates have different variances; those of seed 1 are moved."""
    scale = np.linspace(0.1, 1, dim, dtype=np.float32)
    for first in range(part.start, part.stop, CHUNK):
        random = np.random.default_rng([seed, first])
        shape = min(CHUNK, part.stop - first), dim
        yield random.standard_normal(shape, np.float32) * scale + np.float32(seed / dim)


def picture(found: dict[int, dict[str, dict[str, float]]]) -> Figure:
    """Memory and seconds against the number of images, a line for each stage."""
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    panels, sizes = figure.subplots(1, 2), list(found)
    for panel, key, factor, label in zip(
        panels, ("bytes", "cpu"), (2**-20, 1), ("MB of its own", "CPU seconds"), strict=True
    ):
        for stage in SHOWN:
            panel.plot(sizes, [found[size][stage][key] * factor for size in sizes], marker="o", label=stage)
        panel.set(xscale="log", xlabel="images", ylabel=label)
    panels[0].set(ylim=(0, None))
    panels[1].set(yscale="log")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=len(SHOWN), frameon=False)
    return figure


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--images", type=int, nargs="*", default=[])
    asked.add_argument("--samples", type=int, nargs="*", default=[])
    asked.add_argument("--out", type=Path, help="write the figures to this JSON file, too")
    asked.add_argument("--picture", type=Path, help="an .svg file of --images")
    asked.add_argument("--dim", type=int, default=2048, help="features a sample, with --samples")
    asked.add_argument("--fid", type=int, nargs=3, help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.fid:
        options.out.write_text(json.dumps(fid(*options.fid)))
        return
    figures: dict[str, Any] = {"machine": machine()}
    if options.images:
        print(f"| images | {' | '.join(f'`{stage}`: CPU, MB' for stage in SHOWN)} |\n|---|{'---|' * len(SHOWN)}")
        figures["images"] = grow_images(options.images)
        if options.picture:
            picture(figures["images"]).savefig(options.picture, metadata={"Date": None})
    if options.samples:
        print("| samples | CPU | MB | distance |\n|---|---|---|---|")
        figures["samples"] = grow_samples(options.samples, options.dim)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(figures, indent=1) + "\n")
    for by_size in (figures.get("images", {}), figures.get("samples", {})):
        sizes = list(by_size)
        for part in by_size[sizes[0]] if sizes else ():
            first, last = (by_size[size][part]["bytes"] for size in (sizes[0], sizes[-1]))
            if last > first + PIECES + EACH * sizes[-1]:
                sys.exit(f"{part}: {last / 2**20:.0f} MB at {sizes[-1]:,}, {first / 2**20:.0f} MB at {sizes[0]:,}")


if __name__ == "__main__":
    main()
