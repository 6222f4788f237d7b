"""What is measured while training: means over a window of steps, a row a window; and scores of the average."""

import time
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from nashgan.records.history import IMAGES, MEASURED, MEMORY, SPEED, Row, score_column
from nashgan.records.train_run import WatchdogEvent
from nashgan.runtime.device import peak_memory


@dataclass
class History:
    """Rows so far, and the sums of the open window, which stay on the device until the window closes."""

    measures: tuple[str, ...]
    sums: Tensor
    steps: int = 0
    rows: list[Row] = field(default_factory=list)
    scores: list[Row] = field(default_factory=list)  # images seen, and the score then
    events: list[WatchdogEvent] = field(default_factory=list)  # what the watchdog noticed
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

    def close_window(self, seen: int, rates: Row) -> Row:
        """The means since the last row, as a new row with the learning rates; waits for the device."""
        means = (self.sums / self.steps).tolist()
        assert self._since is not None
        clock, before = self._since
        rate = (seen - before) / (time.perf_counter() - clock)
        row: Row = {IMAGES: seen, **dict(zip(self.measures, means, strict=True)), **rates, SPEED: rate}
        row[MEMORY] = peak_memory(self.sums.device) / 1e6
        self.rows.append(row)
        self.sums.zero_()
        self.steps = 0
        self.open_window(seen)
        return row

    def add_score(self, seen: int, name: str, value: float) -> Row:
        """Add a measurement of the averaged generator, as a new row of the scores."""
        row: Row = {IMAGES: seen, MEASURED + name: value}
        self.scores.append(row)
        return row

    @property
    def best(self) -> Row:
        """The row with the lowest score, the first of equal ones. There must be a score."""
        return min(self.scores, key=lambda row: row[score_column(row)])

    @property
    def finite(self) -> bool:
        """Whether all numbers of the open window are finite; waits for the device."""
        return bool(self.sums.isfinite().all())

    @property
    def rollbacks(self) -> int:
        """How often the training went back to a checkpoint."""
        return sum(event.fatal for event in self.events)

    def state(self) -> dict[str, Any]:
        """The whole history, as values of JSON."""
        events = [event.model_dump() for event in self.events]
        rows = {"rows": self.rows, "scores": self.scores}
        return {"sums": self.sums.tolist(), "steps": self.steps, **rows, "events": events}

    def restore(self, state: dict[str, Any]) -> None:
        """The opposite of `state`."""
        self.sums.copy_(torch.tensor(state["sums"]))
        self.steps = state["steps"]
        self.rows = list(state["rows"])
        self.scores = list(state["scores"])
        self.events = [WatchdogEvent(**event) for event in state["events"]]

    @property
    def seconds(self) -> float:
        """Time spent in the steps of all rows, interruptions left out."""
        images = [0.0, *(row[IMAGES] for row in self.rows)]
        return sum((row[IMAGES] - before) / row[SPEED] for before, row in zip(images, self.rows, strict=False))
