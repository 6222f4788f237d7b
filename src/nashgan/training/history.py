"""What is measured while training: means over a window of steps, one row of a CSV file a window; and scores."""

import csv
import io
import shutil
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from nashgan.runtime.files import write_text
from nashgan.training.watchdog import Event

FCD = "training_fcd"  # in MLflow beside `fcd`, which is of the samples that were generated after the training


@dataclass
class History:
    """Rows so far, and the sums of the open window, which stay on the device until the window closes."""

    measures: tuple[str, ...]
    sums: Tensor
    steps: int = 0
    rows: list[dict[str, float]] = field(default_factory=list)
    scores: list[dict[str, float]] = field(default_factory=list)  # images and the fcd after them
    events: list[Event] = field(default_factory=list)  # what the watchdog noticed
    _since: tuple[float, int] | None = None  # clock and images seen when the window opened

    @classmethod
    def of(cls, measures: tuple[str, ...], device: torch.device) -> "History":
        """An empty history of these columns."""
        return cls(measures, torch.zeros(len(measures), device=device))

    def open_window(self, seen: int) -> None:
        """Start the clock of the next row."""
        self._since = (time.perf_counter(), seen)

    def add(self, measures: Tensor) -> None:
        """Add one step's measures, in the history's order, without waiting for the device."""
        self.sums += measures
        self.steps += 1

    def close_window(self, seen: int, rates: dict[str, float]) -> dict[str, float]:
        """The means since the last row, as a new row with the learning rates; waits for the device."""
        means = (self.sums / self.steps).tolist()
        assert self._since is not None
        clock, before = self._since
        rate = (seen - before) / (time.perf_counter() - clock)
        row = {"images": seen, **dict(zip(self.measures, means, strict=True)), **rates, "img_s": rate}
        self.rows.append(row)
        self.sums.zero_()
        self.steps = 0
        self.open_window(seen)
        return row

    def add_score(self, seen: int, fcd: float) -> dict[str, float]:
        """Add a measurement of the averaged generator, as a new row of the scores."""
        row = {"images": seen, FCD: fcd}
        self.scores.append(row)
        return row

    @property
    def best(self) -> dict[str, float]:
        """The lowest score, of equals the first; there must be one."""
        return min(self.scores, key=lambda row: row[FCD])

    @property
    def finite(self) -> bool:
        """Whether the open window is; waits for the device."""
        return bool(self.sums.isfinite().all())

    @property
    def rollbacks(self) -> int:
        """How often the training went back to a checkpoint."""
        return sum(event.fatal for event in self.events)

    def state(self) -> dict[str, Any]:
        """All of it, as JSON."""
        events = [asdict(event) for event in self.events]
        rows = {"rows": self.rows, "scores": self.scores}
        return {"sums": self.sums.tolist(), "steps": self.steps, **rows, "events": events}

    def restore(self, state: dict[str, Any]) -> None:
        """The opposite of `state`."""
        self.sums.copy_(torch.tensor(state["sums"]))
        self.steps = state["steps"]
        self.rows = list(state["rows"])
        self.scores = list(state["scores"])
        self.events = [Event(**event) for event in state["events"]]

    @property
    def seconds(self) -> float:
        """Time spent in the steps of all rows, interruptions left out."""
        images = [0.0, *(row["images"] for row in self.rows)]
        return sum((row["images"] - before) / row["img_s"] for before, row in zip(images, self.rows, strict=False))

    def write(self, rows: Path, scores: Path, curves: Path) -> None:
        """Rows and scores as CSV, each file whole or not at all; without scores theirs is a header.

        `curves` gets each column of the rows in a file of its own: `dvc plots` warns of any column that dvc.yaml names
        and a file lacks, and which columns there are depends on the game.
        """
        _write_csv(rows, list(self.rows[0]), self.rows)
        _write_csv(scores, ["images", FCD], self.scores)
        shutil.rmtree(curves, ignore_errors=True)  # of another game, trained by hand before this one
        for name in list(self.rows[0])[1:]:
            _write_csv(
                curves / f"{name}.csv", ["images", name], [{x: row[x] for x in ("images", name)} for row in self.rows]
            )


def _write_csv(path: Path, columns: list[str], rows: list[dict[str, float]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())
