"""Charts of a training's history, and the numbers of a game that has only one step."""

import numpy as np

from nashgan.games.curves import Curve, Fact
from nashgan.pages.charts import Chart, Series, line_chart
from nashgan.pages.text import number
from nashgan.records.headline import DISTANCES
from nashgan.records.history import IMAGES, score_column
from nashgan.records.train_run import TrainingScore
from nashgan.reporting.inputs import Columns

HEALTHY_SCORE = (
    "it falls towards the line of real examples, more and more slowly. If it rises again, the earlier generator was "
    "better. train.keep: best keeps the earlier generator."
)


def charts(history: Columns, curves: tuple[Curve, ...]) -> list[tuple[Chart, str]]:
    """The charts whose columns the history has, each with its sentence on what is healthy."""
    return [(_chart(curve, history), curve.healthy) for curve in curves if curve.columns.keys() <= history.keys()]


def score_charts(scores: Columns, score: TrainingScore | None) -> list[tuple[Chart, str]]:
    """The chart of the score during training beside its floor, that of real examples. No chart without two points."""
    if score is None or len(scores.get(IMAGES, ())) < 2:
        return []
    curve = Curve(
        f"{score.name} ({DISTANCES[score.name]}) of the averaged generator",
        {score_column(scores): ("samples", "g"), "floor": ("real examples", "n")},
        HEALTHY_SCORE,
        log=True,
    )
    return [(_chart(curve, {**scores, "floor": np.full(len(scores[IMAGES]), score.floor)}), curve.healthy)]


def _chart(curve: Curve, history: Columns) -> Chart:
    series = [Series(name, slot, history[IMAGES], history[key]) for key, (name, slot) in curve.columns.items()]
    return line_chart(curve.title, series, log=curve.log, span=curve.span, from_zero=curve.from_zero, guide=curve.guide)


def shares(history: Columns, facts: tuple[Fact, ...]) -> list[tuple[str, str, str]]:
    """For each number of a game with one step: its title, its value in percent, and what a healthy value is."""
    return [
        (fact.title, f"{number(100 * history[fact.column][-1])} %", fact.healthy)
        for fact in facts
        if len(history.get(fact.column, ()))
    ]
