"""The data of the charts that `dvc plots` draws of an evaluation; the charts' templates are in .dvc/plots."""

from nashgan.records.evaluation import Evaluation
from nashgan.records.headline import HEADLINES
from nashgan.records.plots import Rows


def score_rows(evaluation: Evaluation) -> Rows:
    """A row for each headline metric that is finite: value, the ends of its interval, and the floor of real images."""
    return [
        {"metric": name, "value": metric.value, "low": low, "high": high, "floor": metric.floor}
        for name in HEADLINES
        if (metric := evaluation.get(name)) and metric.value is not None
        for low, high in [metric.interval or (None, None)]
    ]


def class_rows(evaluation: Evaluation) -> Rows:
    """A row for each class: its share of the samples and of the real images; none where there are no classes."""
    histogram = evaluation.get("class_kl")
    if histogram is None or histogram.classes is None or histogram.real_classes is None:
        return []
    real = histogram.real_classes
    return [{"class": name, "samples": share, "real": real[name]} for name, share in histogram.classes.items()]
