"""The section of a discriminator that names classes: beside other methods, class by class, and what it got wrong."""

from dataclasses import replace
from typing import Any

from nashgan.records.evaluation import Evaluation
from nashgan.reporting.questions import REAL, Methods, methods

METRIC = "held_out_accuracy"
PICTURE = "classify-wrong"


def from_few_labels(evaluation: Evaluation) -> dict[str, Any] | None:
    """What the section shows, except for the picture. None where the discriminator was not told labels."""
    if METRIC not in evaluation:
        return None
    metric = evaluation[METRIC]
    told: dict[str, Any] = metric.model_extra or {}
    return {
        "table": _without_floor(methods(evaluation, [METRIC])),
        "metric": metric,
        "by_class": {name: value for name, value in (metric.classes or {}).items() if value is not None},
        "labelled": told.get("labelled"),
        "wrong": told.get("wrong", 0),
        "mistakes": told.get("mistakes", []),
    }


def _without_floor(table: Methods) -> Methods:
    """The table without the row of real examples, because all classified images are real."""
    return replace(table, rows={name: row for name, row in table.rows.items() if name != REAL})
