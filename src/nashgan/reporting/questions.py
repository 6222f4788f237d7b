"""What the sections of the questions share: the metrics of a question, beside what other methods score."""

from collections.abc import Sequence
from dataclasses import dataclass

from nashgan.records.evaluation import Evaluation, Measured, Metric

OURS = "this model"
REAL = "real examples"
AS_REAL = {"edge_sharpness": "near that of real images is better"}


@dataclass(frozen=True)
class Methods:
    """A table: a row a method, a column a metric; None where a method has no such number."""

    metrics: dict[str, str]  # by name: which direction is better
    rows: dict[str, list[Measured | None]]


def methods(evaluation: Evaluation, names: Sequence[str]) -> Methods:
    """A row for this model, for each other method in the metrics `names`, and for real examples if there is a floor."""
    known = {name: evaluation[name] for name in names if name in evaluation}
    rows: dict[str, dict[str, Measured]] = {OURS: dict(known)}
    floors: dict[str, Measured] = {}
    for name, metric in known.items():
        for other in ([metric.baseline] if metric.baseline else []) + metric.beside:
            rows.setdefault(other.name, {})[name] = other
        if metric.floor is not None:
            floors[name] = Measured(value=metric.floor, interval=metric.floor_interval)
    if floors:
        rows[REAL] = floors
    better = {name: AS_REAL.get(name) or _direction(metric) for name, metric in known.items()}
    return Methods(better, {method: [found.get(name) for name in known] for method, found in rows.items()})


def _direction(metric: Metric) -> str:
    return "higher is better" if metric.higher_is_better else "lower is better"
