"""Experiments on points side by side: a picture with a row for each, and the rows of a table.

``python -m benchmarks.moments points-minimax points-lsgan … --out docs/pictures/ring8.png``, in the repository in which
the experiments ran, shows the samples over the density at some moments of each training. It prints what was measured of
the final samples, and between which values the distance from the data moved in the second half of the training.
"""

import argparse
import csv
import io
import re
from pathlib import Path

from benchmarks.applications import experiment_files
from dvc.api import DVCFileSystem  # type: ignore[import-untyped]
from matplotlib.figure import Figure
from PIL import Image

from nashgan.records.evaluation import Evaluation, parse_evaluation
from nashgan.records.history import IMAGES, score_column
from nashgan.records.paths import Paths
from nashgan.records.train_run import TrainRun, parse_train_run
from nashgan.runtime.files import atomic_path

HERE = Paths(Path())
SHARES = (0.05, 0.2, 0.4, 0.6, 0.8, 1.0)  # of the training
SAMPLES = (0.045, 0.07, 0.469, 0.92)  # where the samples are in a picture of the timeline: left, top, right, bottom
SIDE, DPI = 1.5, 100  # of a cell in inches


def moments(files: DVCFileSystem) -> list[tuple[int, Image.Image]]:
    """Points seen and the samples then, at the pictures nearest to `SHARES`."""
    names = [str(name) for name in files.ls(str(HERE.timeline), detail=False)]
    seen = {int(found[1]): name for name in names if (found := re.search(r"(\d+)\.png$", name))}
    chosen = [min(seen, key=lambda at: abs(at - share * max(seen))) for share in SHARES]
    return [(at, samples_in(files.read_bytes(seen[at]))) for at in chosen]


def samples_in(picture: bytes) -> Image.Image:
    """The left part of a picture of both players."""
    whole = Image.open(io.BytesIO(picture)).convert("RGB")
    left, top, right, bottom = (round(share * side) for share, side in zip(SAMPLES, 2 * whole.size, strict=True))
    return whole.crop((left, top, right, bottom))


def drawn(rows: dict[str, list[tuple[int, Image.Image]]]) -> Figure:
    """A row for each experiment, a column for each moment."""
    figure = Figure(figsize=(SIDE * len(SHARES) + 0.3, SIDE * len(rows) + 0.2), dpi=DPI, layout="constrained")
    cells = figure.subplots(len(rows), len(SHARES), squeeze=False)
    for line, (name, shown) in zip(cells, rows.items(), strict=True):
        line[0].set_ylabel(name, fontsize=8)
        for cell, (seen, picture) in zip(line, shown, strict=True):
            cell.imshow(picture)
            cell.set(xticks=[], yticks=[])
            cell.spines[:].set_visible(False)
            if line[0] is cells[0, 0]:
                cell.set_title(f"{seen / 1000:,.0f}k points", fontsize=8)
    return figure


def distances(files: DVCFileSystem) -> list[float]:
    """The averaged generator's distances from the data in the second half of the training."""
    scores = list(csv.DictReader(io.StringIO(files.read_bytes(str(HERE.scores)).decode())))
    name, end = score_column(scores[-1]), float(scores[-1][IMAGES])
    return [float(score[name]) for score in scores if float(score[IMAGES]) >= end / 2]


def row(name: str, training: TrainRun, made: Evaluation, late: list[float]) -> str:
    """A row of the table in Markdown."""
    objective, metrics = training.params["objective"], [made[key] for key in ("modes", "high_quality", "reverse_kl")]
    values = " | ".join("–" if one.value is None else f"{one.value:.3g}" for one in metrics)
    game = f"`{objective['loss']}`, `{objective['penalty']}`"
    noticed = ", ".join(f"{event.kind} at {event.images:,}" for event in training.events) or "–"
    return f"| {name} | {game} | {values} | {min(late):.2f} to {max(late):.2f} | {noticed} | {training.seconds:.0f} s |"


def main() -> None:
    """Read the experiments, write the picture, print the table."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("names", nargs="+", metavar="EXPERIMENT")
    asked.add_argument("--out", type=Path, required=True, help="a .png file")
    options = asked.parse_args()
    root, rows = Paths.find().root, {}
    print("| | loss, penalty | modes | within 3σ | reverse KL | distance in the second half | noticed | training |")
    print("|---|---|---|---|---|---|---|---|")
    for name in options.names:
        files = experiment_files(root, name)
        training = parse_train_run(files.read_bytes(str(HERE.train_run)), name)
        made = parse_evaluation(files.read_bytes(str(HERE.evaluation)), name)
        print(row(name, training, made, distances(files)))
        rows[name.partition("-")[2]] = moments(files)
    buffer = io.BytesIO()
    drawn(rows).savefig(buffer, format="png")
    with atomic_path(options.out) as temporary:
        Image.open(buffer).convert("RGB").quantize(64).save(temporary, format="PNG", optimize=True)


if __name__ == "__main__":
    main()
