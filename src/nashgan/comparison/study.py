"""What is shown of a study of `nashgan search`: its trials, the importance of its parameters, and its course."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table as RichTable

from nashgan.comparison.results import Compared
from nashgan.comparison.table import NO_DIFFERENCE
from nashgan.comparison.text import PIPED, UNKNOWN, measured
from nashgan.pages.charts import Chart, Series, line_chart
from nashgan.pages.text import count, duration, shown
from nashgan.records.evaluation import overlap

FINISHED, PRUNED = "finished", "pruned"


@dataclass(frozen=True)
class StudiedTrial:
    """A trial of a study, as people see it."""

    name: str  # of its experiment
    state: str  # finished, pruned, failed, running or waiting
    params: Mapping[str, object]
    images: int  # seen
    metric: str | None  # what was measured last; None: nothing yet
    result: Compared | None
    seconds: float | None  # of training
    error: str = ""  # why it failed


@dataclass(frozen=True)
class StudyOverview:
    """A study. The trials are sorted, the best first, and `course` has them in the order in which they ended."""

    name: str
    metric: str
    maximize: bool
    trials: list[StudiedTrial]
    importances: Mapping[str, float]  # of the parameters, the largest first; they add up to 1
    compared: str  # what the importances are of
    course: list[tuple[int, float]]  # images seen by all trials until then, and the best value so far

    @property
    def images(self) -> int:
        """Images seen by all trials."""
        return sum(trial.images for trial in self.trials)

    @property
    def verdicts(self) -> list[str]:
        """For each trial: "best", or NO_DIFFERENCE where it is finished and its interval overlaps the best one's."""
        best = next((trial for trial in self.trials if trial.state == FINISHED), None)
        return ["best" if trial is best else NO_DIFFERENCE if _alike(trial, best) else "" for trial in self.trials]

    @property
    def headers(self) -> list[str]:
        """The titles of the columns."""
        params = list(self.trials[0].params) if self.trials else []
        return ["trial", "state", "images", "metric", "value", *params, "time", "note"]

    @property
    def rows(self) -> list[list[str]]:
        """A row for each trial, as text."""
        return [
            [
                trial.name,
                trial.state,
                count(trial.images),
                trial.metric or UNKNOWN,
                measured(trial.result),
                *(shown(value) for value in trial.params.values()),
                UNKNOWN if trial.seconds is None else duration(trial.seconds),
                trial.error or verdict,
            ]
            for trial, verdict in zip(self.trials, self.verdicts, strict=True)
        ]

    @property
    def chart(self) -> Chart | None:
        """The best value against the images seen by all trials; None where no trial is finished."""
        if not self.course:
            return None
        x, y = (np.array(one, dtype=np.float64) for one in zip(*self.course, strict=True))
        return line_chart(f"Best {self.metric} so far", [Series(self.metric, "n", x, y)], log=bool((y > 0).all()))


def print_study(study: StudyOverview) -> None:
    """Print the trials of a study, and the importance of its parameters."""
    console = Console(width=None if sys.stdout.isatty() else PIPED, highlight=False, markup=False, emoji=False)
    table = RichTable(box=box.SIMPLE_HEAD, title=f"study {study.name}", title_justify="left")
    for header in study.headers:
        table.add_column(header, justify="left" if header in ("trial", "state", "note") else "right", overflow="fold")
    for row, verdict in zip(study.rows, study.verdicts, strict=True):
        table.add_row(*row, style="bold" if verdict == "best" else None)
    console.print(table)
    console.print(f"{count(study.images)} images seen by all trials")
    if study.importances:
        named = ", ".join(f"{name} {share:.2f}" for name, share in study.importances.items())
        console.print(f"importance for {study.compared}: {named}")


def _alike(trial: StudiedTrial, best: StudiedTrial | None) -> bool:
    if best is None or trial.state != FINISHED or trial.result is None or best.result is None:
        return False
    return overlap(trial.result.interval, best.result.interval)
