"""What is measured while training: means over a window of steps, one row of a CSV file a window."""

import csv
import io
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from nashgan.files import write_text
from nashgan.training.watchdog import Event


@dataclass
class History:
    """Rows so far, and the sums of the open window, which stay on the device until the window closes."""

    measures: tuple[str, ...]
    sums: Tensor
    steps: int = 0
    rows: list[dict[str, float]] = field(default_factory=list)
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
        return {"sums": self.sums.tolist(), "steps": self.steps, "rows": self.rows, "events": events}

    def restore(self, state: dict[str, Any]) -> None:
        """The opposite of `state`."""
        self.sums.copy_(torch.tensor(state["sums"]))
        self.steps = state["steps"]
        self.rows = list(state["rows"])
        self.events = [Event(**event) for event in state["events"]]

    @property
    def seconds(self) -> float:
        """Time spent in the steps of all rows, interruptions left out."""
        images = [0.0, *(row["images"] for row in self.rows)]
        return sum((row["images"] - before) / row["img_s"] for before, row in zip(images, self.rows, strict=False))

    def write(self, path: Path) -> None:
        """All rows as CSV, whole or not at all."""
        text = io.StringIO()
        writer = csv.DictWriter(text, list(self.rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        write_text(path, text.getvalue())
