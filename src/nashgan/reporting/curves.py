"""Charts of a training's history, and the numbers of a game that has only one step."""

import numpy as np

from nashgan.games.curves import Curve, Fact
from nashgan.pages.charts import Chart, Series, line_chart
from nashgan.pages.text import number
from nashgan.records.history import FCD, IMAGES
from nashgan.reporting.inputs import Columns

SCORE = Curve(
    "fcd (Fréchet classifier distance) of the averaged generator",
    {FCD: ("samples", "g"), "floor": ("real images", "n")},
    "falls towards the line of real images, more and more slowly. If it rises again, the earlier generator was better; "
    "train.keep: best keeps that one.",
    log=True,
)


def charts(history: Columns, curves: tuple[Curve, ...]) -> list[tuple[Chart, str]]:
    """The charts whose columns the history has, each with its sentence on what is healthy."""
    return [(_chart(curve, history), curve.healthy) for curve in curves if curve.columns.keys() <= history.keys()]


def score_charts(scores: Columns, floor: float | None) -> list[tuple[Chart, str]]:
    """The chart of the fcd during training beside `floor`, the fcd of real images. No chart without two points."""
    if floor is None or len(scores.get(IMAGES, ())) < 2:
        return []
    return [(_chart(SCORE, {**scores, "floor": np.full(len(scores[IMAGES]), floor)}), SCORE.healthy)]


def _chart(curve: Curve, history: Columns) -> Chart:
    series = [Series(name, slot, history[IMAGES], history[key]) for key, (name, slot) in curve.columns.items()]
    return line_chart(curve.title, series, log=curve.log, span=curve.span, from_zero=curve.from_zero, guide=curve.guide)


def shares(history: Columns, facts: tuple[Fact, ...]) -> list[tuple[str, str, str]]:
    """Of each number of a fit in one step: its title, its value in percent, and what a healthy value is."""
    return [
        (fact.title, f"{number(100 * history[fact.column][-1])} %", fact.healthy)
        for fact in facts
        if len(history.get(fact.column, ()))
    ]
