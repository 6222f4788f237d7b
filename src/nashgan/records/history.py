"""reports/train/*.csv: what was measured while training, a row for each window of steps; made by the stage train.

``history.csv`` has the means of each window, ``score.csv`` the measurements of the averaged generator. For `dvc plots`
there are ``answers.csv`` with D's mean logits, and the folder ``curves`` with each other column of the history in a
file of its own: DVC warns of any column that dvc.yaml names and a file lacks, and which there are depends on the game.
"""

import csv
import io
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nashgan.records.record import mend
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import write_text

STAGE = "train"
IMAGES, SPEED = "images", "img_s"  # columns of every history: images seen, images a second
MEMORY = "memory_mb"  # and the peak memory of the training so far, in MB of 10⁶ bytes
ANSWERS = ("logit_real", "logit_fake")  # the mean of D's logits of real and of generated examples
MEASURED = "training_"  # begins the name of a score: `fcd` itself is of the samples generated after the training
UNMEASURED = MEASURED + "score"  # the name of the column where nothing was measured

Row = dict[str, float]


def score_column(row: Mapping[str, Any]) -> str:
    """The name of the score in a row of the scores: ``training_fcd``."""
    return next(name for name in row if name.startswith(MEASURED))


def write_history(path: Path, rows: Sequence[Row]) -> None:
    """Write the means of all windows; there is at least one."""
    _write_csv(path, list(rows[0]), rows)


def write_scores(path: Path, scores: Sequence[Row]) -> None:
    """Write the measurements of the averaged generator; without any, only a header."""
    _write_csv(path, list(scores[0]) if scores else [IMAGES, UNMEASURED], scores)


def write_answers(path: Path, rows: Sequence[Row]) -> None:
    """Write D's mean logits against the images seen; where there is no D, only the header."""
    _write_csv(path, [IMAGES, *ANSWERS], rows if rows[0].keys() >= set(ANSWERS) else [])


def write_curves(folder: Path, rows: Sequence[Row]) -> None:
    """Write each other column of the history against the images seen, and remove those of another game."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in list(rows[0])[1:]:
        if name not in ANSWERS:
            _write_csv(folder / f"{name}.csv", [IMAGES, name], rows)


def read_history(path: Path) -> list[Row]:
    """The rows of ``history.csv``. Raises UserError where it is missing or not numbers."""
    return _read_csv(path, (IMAGES, SPEED))


def read_scores(path: Path) -> list[Row]:
    """The rows of ``score.csv``. Raises UserError where it is missing or not numbers."""
    return _read_csv(path, (IMAGES,))


def _write_csv(path: Path, columns: list[str], rows: Sequence[Row]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def _read_csv(path: Path, required: tuple[str, ...]) -> list[Row]:
    advice = mend(STAGE)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            table = csv.DictReader(file, strict=True)
            names = table.fieldnames or ()
            if absent := [name for name in required if name not in names]:
                raise UserError(f"{path}: no column {', '.join(absent)}; {advice}")
            return [{name: float(value) for name, value in row.items()} for row in table]
    except FileNotFoundError:
        raise UserError(f"{path}: not found; {advice}") from None
    except (OSError, ValueError, TypeError, csv.Error) as error:  # TypeError: a row with too few or too many cells
        raise UserError(f"{path}: not readable as numbers ({error}); {advice}") from error
