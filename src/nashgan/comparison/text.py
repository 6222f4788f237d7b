"""Tables as CSV, as Markdown and on the terminal."""

import csv
import io
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from rich import box
from rich.console import Console
from rich.table import Table as RichTable

from nashgan.comparison.results import Compared, Row
from nashgan.comparison.table import Table
from nashgan.pages.text import count, duration, number, shown

UNKNOWN = "–"
PIPED = 240  # characters a line where the output is not a terminal


def headers(table: Table) -> list[str]:
    """The column titles of a table for people, without the samples."""
    seeds, (first, *others) = ["seeds"] if table.grouped else [], table.metrics
    return ["name", *table.differing, *seeds, title(first), "floor", *map(title, others), "time", "img/s", "verdict"]


def cells(table: Table, row: Row, verdict: str) -> list[str]:
    """One row for people, in the order of `headers`."""
    first, *others = (row.metrics.get(name) for name in table.metrics)
    return [
        row.name,
        *(shown(row.params[key]) if key in row.params else UNKNOWN for key in table.differing),
        *([str(row.seeds)] if table.grouped else []),
        measured(first),
        UNKNOWN if first is None or first.floor is None else number(first.floor),
        *map(measured, others),
        UNKNOWN if row.seconds is None else duration(row.seconds),
        UNKNOWN if row.img_s is None else count(row.img_s),
        verdict,
    ]


def title(metric: str) -> str:
    """How the name of a metric is written."""
    return metric.upper() if metric == "fid" else metric


def measured(metric: Compared | None) -> str:
    """``24.9``, or ``24.9 [23.8, 26.1]`` with an interval, or ``24.9 ± 1.2`` for the mean over seeds."""
    if metric is None:
        return UNKNOWN
    value = number(metric.value)
    if metric.deviation is not None:
        return f"{value} ± {number(metric.deviation)}"
    return f"{value} [{', '.join(map(number, metric.interval))}]" if metric.interval else value


def protocol_lines(table: Table) -> list[str]:
    """The protocols of a table, a line for each metric."""
    return [f"{title(name)}: {protocol}" for name, protocol in table.protocols.items()]


def as_csv(table: Table) -> str:
    """One table with unrounded numbers. An empty cell means that the value is not known."""
    measures = [f"{name}{part}" for name in table.protocols for part in ("", "_low", "_high", "_deviation", "_floor")]
    protocols = [f"{name}_protocol" for name in table.protocols]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["name", "source", *table.differing, "seeds", *measures, "seconds", "img_s", "verdict", *protocols])
    for row, verdict in zip(table.rows, table.verdicts, strict=True):
        values = [value for name in table.protocols for value in _csv_measures(row.metrics.get(name))]
        params = [row.params.get(key) for key in table.differing]
        shared = table.protocols.values()
        writer.writerow([row.name, row.source, *params, row.seeds, *values, row.seconds, row.img_s, verdict, *shared])
    return text.getvalue()


def as_markdown(tables: Sequence[Table], strips: Mapping[str, str]) -> str:
    """All tables. `strips` has each strip's path relative to the file, by the name of its row."""
    parts = ["# Comparison\n"]
    for table in tables:
        parts.append("\n\n".join(f"`{line}`" for line in protocol_lines(table)) + "\n")
        names = [*headers(table), "samples"]
        lines = [names, ["---"] * len(names)]
        for row, verdict in zip(table.rows, table.verdicts, strict=True):
            picture = f"![samples of {row.name}]({strips[row.name]})" if row.name in strips else UNKNOWN
            lines.append([*cells(table, row, verdict), picture])
        parts.append("".join(f"| {' | '.join(map(_escaped, line))} |\n" for line in lines))
    return "\n".join(parts)


def tables_json(tables: Sequence[Table]) -> str:
    """All tables with unrounded numbers, null where a value is not known; pictures are left out."""
    return json.dumps(
        [
            {
                "protocols": table.protocols,
                "differing": table.differing,
                "rows": [
                    {field: value for field, value in asdict(row).items() if field != "first_samples"}
                    | {"verdict": verdict}
                    for row, verdict in zip(table.rows, table.verdicts, strict=True)
                ],
            }
            for table in tables
        ],
        indent=2,
    )


def print_tables(tables: Sequence[Table]) -> None:
    """Print all tables on standard output."""
    console = Console(width=None if sys.stdout.isatty() else PIPED, highlight=False, markup=False, emoji=False)
    for table in tables:
        drawn = RichTable(box=box.SIMPLE_HEAD, caption="\n".join(protocol_lines(table)), caption_justify="left")
        for header in headers(table):
            drawn.add_column(header, justify="left" if header in ("name", "verdict") else "right", overflow="fold")
        for row, verdict in zip(table.rows, table.verdicts, strict=True):
            drawn.add_row(*cells(table, row, verdict), style="bold" if verdict == "best" else None)
        console.print(drawn)


def _csv_measures(metric: Compared | None) -> list[float | None]:
    if metric is None:
        return [None] * 5
    low, high = metric.interval or (None, None)
    return [metric.value, low, high, metric.deviation, metric.floor]


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\n", " ")
