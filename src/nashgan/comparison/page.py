"""The comparison as one self-contained HTML page, in the report's style."""

import io
import math
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from nashgan.comparison.results import Compared, Row
from nashgan.comparison.study import StudyOverview
from nashgan.comparison.table import Table
from nashgan.comparison.text import cells, headers, protocol_lines, title
from nashgan.pages.html import fill
from nashgan.records.headline import DISTANCES

STRIP = 272  # pixels: the width of a strip on the page


@dataclass(frozen=True)
class Mark:
    """Where a value, the ends of its interval and its floor lie on a line of 100 units, logarithmically."""

    value: float
    low: float
    high: float
    floor: float | None


def render(tables: Sequence[Table], study: StudyOverview | None = None) -> str:
    """The whole page. Equal tables give equal text. With `study`, it begins with trials and course of a search."""
    styles = ["style.css", "comparison.css"]
    shown = list(map(drawn, tables))
    return fill("comparison.html.j2", ["nashgan.comparison"], styles, tables=shown, study=study)


def drawn(table: Table) -> dict[str, Any]:
    """What the macro `results` of results.html.j2 shows."""
    return {
        "protocols": protocol_lines(table),
        "rows": _rows(table),
        "metrics": list(map(title, table.metrics)),
        "names": [DISTANCES[name] for name in table.metrics],
        "grouped": table.grouped,
        "judged": any(metric.interval for row in table.rows for metric in row.metrics.values()),
    }


def marks(metrics: Sequence[Compared | None]) -> list[Mark | None]:
    """The marks of all metrics on one common scale. None for a metric without a positive value."""
    ends = [end for metric in metrics if metric for end in (metric.value, metric.floor, *(metric.interval or ()))]
    positive = [math.log(end) for end in ends if end is not None and end > 0]
    start, length = min(positive, default=0.0), max(positive, default=0.0) - min(positive, default=0.0)

    def at(value: float) -> float:
        share = (math.log(value) - start) / length if value > 0 and length else 0.0 if length else 0.5
        return round(2 + 96 * share, 2)  # a margin at both ends, so that the marks there are visible

    def mark(metric: Compared | None) -> Mark | None:
        if metric is None or metric.value is None or metric.value <= 0:
            return None
        low, high = metric.interval or (metric.value, metric.value)
        return Mark(at(metric.value), at(low), at(high), at(metric.floor) if metric.floor else None)

    return [mark(metric) for metric in metrics]


def _rows(table: Table) -> list[dict[str, Any]]:
    on_line = marks([row.metrics.get(table.metrics[0]) for row in table.rows])
    return [
        {
            "source": row.source,
            "params": table.differing,
            "cell": dict(zip(headers(table), cells(table, row, verdict), strict=True)),
            "mark": mark,
            "first_samples": _figure(row),
        }
        for row, verdict, mark in zip(table.rows, table.verdicts, on_line, strict=True)
    ]


def _figure(row: Row) -> dict[str, Any] | None:
    """What the macro `picture` draws: the first samples, enlarged by a whole factor where it is small."""
    if row.first_samples is None:
        return None
    with Image.open(io.BytesIO(row.first_samples), formats=["PNG"]) as image:
        zoom = max(1, STRIP // image.width)
        width, height = image.width * zoom, image.height * zoom
    source = "data:image/png;base64," + b64encode(row.first_samples).decode()
    return {"source": source, "width": width, "height": height, "crisp": width <= STRIP}
