"""The tables of a comparison, as pure functions: which rows share a table, in what they differ, which is the best."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import mean, stdev
from typing import Any

from nashgan.comparison.results import METRICS, Compared, Row
from nashgan.records.evaluation import overlap
from nashgan.runtime.errors import UserError

SEEDS = ("train.seed", "generate.seed")
NO_DIFFERENCE = "no difference from the best"

SORTS: dict[str, Callable[[Row], float | None]] = {  # the lowest first, missing values last
    **{metric: lambda row, metric=metric: _value(row, metric) for metric in METRICS},  # type: ignore[misc]
    "seconds": lambda row: row.seconds,
    "img_s": lambda row: None if row.img_s is None else -row.img_s,
    "name": lambda row: 0.0,  # rows with equal keys are sorted by name
}


@dataclass(frozen=True)
class Table:
    """Rows that may be compared: they share the protocol of each metric."""

    protocols: dict[str, str]  # by metric, for those that were measured
    rows: list[Row]
    verdicts: list[str]  # of each row: "best", NO_DIFFERENCE or an empty text
    differing: list[str]  # the parameters in which rows differ
    grouped: bool  # several seeds are one row

    @property
    def metrics(self) -> list[str]:
        """The one or two metrics that people see; the first one has intervals and floors drawn."""
        return [*self.protocols, METRICS[0]][: max(1, min(2, len(self.protocols)))]


def tables(rows: Sequence[Row], sort: str | None = None, group_seeds: bool = False) -> list[Table]:
    """A table for each protocol, the longest first; its rows are sorted by its first metric, or by `sort`.

    Raises UserError where `sort` names no column.
    """
    if sort is not None and sort not in SORTS:
        raise UserError(f"--sort {sort}: unknown column (known: {', '.join(SORTS)})")
    shared: dict[tuple[tuple[str, str], ...], list[Row]] = {}
    for row in rows:
        protocols = tuple((name, row.metrics[name].protocol) for name in METRICS if name in row.metrics)
        shared.setdefault(protocols, []).append(row)
    made = []
    for protocols, members in shared.items():
        first = next((name for name, _ in protocols), METRICS[0])
        by, judged = sort or first, sort if sort in METRICS else first
        members = grouped(members) if group_seeds else members
        members = sorted(members, key=lambda row: (_missing_last(SORTS[by](row)), row.name))
        made.append(Table(dict(protocols), members, verdicts(members, judged), differing(members), group_seeds))
    return sorted(made, key=lambda table: -len(table.rows))


def differing(rows: Iterable[Row]) -> list[str]:
    """The parameters with several values. A row may lack a parameter, which its code did not have yet."""
    values: dict[str, set[str]] = {}
    for row in rows:
        for key, value in row.params.items():
            values.setdefault(key, set()).add(_text(value))
    return [key for key, found in values.items() if len(found) > 1]


def verdicts(rows: Sequence[Row], metric: str) -> list[str]:
    """For each row: "best", or NO_DIFFERENCE where its interval overlaps the best one's, or an empty text."""
    best = min(rows, key=lambda row: _missing_last(_value(row, metric)))
    if len(rows) == 1 or _value(best, metric) is None:
        return ["" for _ in rows]
    return ["best" if row is best else NO_DIFFERENCE if _alike(row, best, metric) else "" for row in rows]


def grouped(rows: Sequence[Row]) -> list[Row]:
    """One row for all rows that differ in nothing but seeds: their mean, with one standard deviation on both sides."""
    groups: dict[str, dict[str, Row]] = {}
    for row in rows:
        rest = {key: value for key, value in row.params.items() if key not in SEEDS}
        seeds = [row.params.get(key) for key in SEEDS]  # a second row with the same seeds is the same result
        groups.setdefault(json.dumps(rest, sort_keys=True), {}).setdefault(json.dumps(seeds), row)
    return [_summary(list(group.values())) for group in groups.values()]


def without_copies(rows: Sequence[Row]) -> list[Row]:
    """Leave out a workspace or an MLflow run whose result an earlier row has already, as an experiment or a commit."""
    kept: list[Row] = []
    for row in rows:
        known = any(row.metrics == other.metrics for other in kept)
        if not known or row.source in ("commit", "experiment"):
            kept.append(row)
    return kept


def _summary(rows: list[Row]) -> Row:
    first = rows[0]
    first = replace(first, params={key: value for key, value in first.params.items() if key not in SEEDS})
    if len(rows) == 1:
        return first
    stems = {re.sub(r"[-_.](s|seed)?[-_]?\d+$|\d+$", "", row.name) for row in rows}  # hinge of hinge-s0, hinge-s1
    return replace(
        first,
        name=stems.pop() if len(stems) == 1 else first.name,
        metrics={name: _mean_metric([row.metrics[name] for row in rows]) for name in first.metrics},
        seconds=_mean([row.seconds for row in rows]),
        img_s=_mean([row.img_s for row in rows]),
        seeds=len(rows),
    )


def _mean_metric(metrics: list[Compared]) -> Compared:
    values = [metric.value for metric in metrics if metric.value is not None]
    if len(values) < len(metrics):
        return Compared(value=None, floor=metrics[0].floor, protocol=metrics[0].protocol)
    middle, deviation = mean(values), stdev(values)
    return Compared(
        value=middle,
        floor=_mean([metric.floor for metric in metrics]),
        protocol=metrics[0].protocol,
        interval=(middle - deviation, middle + deviation),
        deviation=deviation,
    )


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return mean(known) if len(known) == len(values) else None


def _text(value: Any) -> str:
    """A text that is equal for equal values: 1 and 1.0 are the same setting."""
    return json.dumps(float(value) if isinstance(value, int) and not isinstance(value, bool) else value)


def _alike(row: Row, best: Row, metric: str) -> bool:
    one, other = (some.metrics[metric].interval if metric in some.metrics else None for some in (row, best))
    return overlap(one, other)


def _value(row: Row, metric: str) -> float | None:
    return row.metrics[metric].value if metric in row.metrics else None


def _missing_last(value: float | None) -> tuple[bool, float]:
    return value is None, value or 0.0
