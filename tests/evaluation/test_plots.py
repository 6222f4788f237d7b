"""What `dvc plots` draws of an evaluation."""

from typing import Any

from nashgan.evaluation.plots import class_rows, score_rows
from nashgan.records.evaluation import Metric


def metric(value: float | None, **more: Any) -> Metric:
    return Metric.model_validate({"value": value, "samples": 100, "protocol": "p", **more})


def test_scores_have_the_ends_of_their_intervals_and_their_floors() -> None:
    evaluation = {
        "kid": metric(0.1, interval=(0.0, 0.2), floor=0.01),
        "recall": metric(0.5, floor=0.8),
        "fcd": metric(None, floor=0.01),
        "fid": metric(14.0, interval=(13.0, 15.0), floor=6.0),
    }
    assert score_rows(evaluation) == [
        {"metric": "fid", "value": 14.0, "low": 13.0, "high": 15.0, "floor": 6.0},
        {"metric": "recall", "value": 0.5, "low": None, "high": None, "floor": 0.8},
    ]


def test_classes_stand_beside_those_of_real_images_where_there_are_any() -> None:
    histogram = {"classes": {"cat": 0.25, "dog": 0.75}, "real_classes": {"cat": 0.5, "dog": 0.5}}
    rows = [{"class": "cat", "samples": 0.25, "real": 0.5}, {"class": "dog", "samples": 0.75, "real": 0.5}]
    assert class_rows({"class_kl": metric(0.1, **histogram)}) == rows
    assert class_rows({"fid": metric(14.0)}) == []
