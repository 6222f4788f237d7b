"""The accuracy and distance of each class of a class-conditional generator, as bars, and its worst classes."""

from dataclasses import dataclass
from typing import Any

from nashgan.pages.text import number
from nashgan.records.evaluation import Evaluation, Metric

WORST = 3  # classes that are named
LISTED = 100  # with more classes than this, only the worst are listed


@dataclass(frozen=True)
class Bars:
    """One number for each class, drawn as bars of at most 100 units."""

    title: str
    metric: Metric  # the metric over all classes
    shares: bool  # 0 … 1, shown in percent and drawn as a share of 1; otherwise as a share of the largest
    values: dict[str, float | None]  # None: too few images
    worst: list[str]

    def shown(self, value: float | None) -> str:
        """As text: shares in percent."""
        return f"{number(100 * value)} %" if self.shares and value is not None else number(value)

    def length(self, name: str) -> float:
        """The length of a class's bar; 0 for a class without a number."""
        largest = 1.0 if self.shares else max((value for value in self.values.values() if value), default=1.0)
        return round(100 * (self.values[name] or 0.0) / largest, 2)


def class_by_class(evaluation: Evaluation) -> dict[str, Any] | None:
    """What the section shows. None where the samples were not drawn for given classes."""
    accuracy, distance = evaluation.get("class_accuracy"), evaluation.get("fcd_per_class")
    bars = []
    if accuracy and accuracy.classes:
        bars.append(_bars("Samples recognised as the class asked for", accuracy, shares=True))
    if distance and distance.classes:
        bars.append(_bars("Distance from the real images of the class", distance, shares=False))
    if not bars:
        return None
    names = list(bars[0].values)
    if len(names) > LISTED:
        names = [name for name in names if any(name in one.worst for one in bars)]
    return {"bars": bars, "names": names, "unlisted": len(bars[0].values) - len(names)}


def _bars(title: str, metric: Metric, shares: bool) -> Bars:
    assert metric.classes is not None
    known = [(value, name) for name, value in metric.classes.items() if value is not None]
    order = sorted(known, key=lambda one: one[0], reverse=not shares)
    worst = [name for _, name in order[: min(WORST, len(order) // 2)]]
    return Bars(title, metric, shares, metric.classes, worst)
