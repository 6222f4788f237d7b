"""Markdown tables and the figure of `benchmarks.metrics`."""

from collections.abc import Sequence
from html import escape

import numpy as np

from nashgan.evaluation.feature_metrics import Metrics
from nashgan.pages.charts import HEIGHT, WIDTH, Chart, Line, Series, line_chart
from nashgan.records.evaluation import Metric, overlap

PLACES = {"fid": 1, "kid": 4, "fcd": 4, "fcd_infinity": 4, "kcd": 4, "class_kl": 4}  # decimal places; others: 2
COLOURS = ("#3b6fb6", "#c8553d", "#5a8f3c")
PANELS = (("fid",), ("kid",), ("fcd", "fcd_infinity"), ("kcd",))
TITLE, LEGEND = 22, 26  # heights in the drawing


def table(rows: dict[str, Metrics], metrics: Sequence[str], usual: str | None = None) -> list[str]:
    """A Markdown table of values with intervals; in bold what does not overlap with the row `usual`."""
    lines = ["| | " + " | ".join(metrics) + " |", "|---|" + "---|" * len(metrics)]
    for name, measured in rows.items():
        cells = [cell(metric, measured.get(metric), rows[usual].get(metric) if usual else None) for metric in metrics]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def cell(name: str, metric: Metric | None, usual: Metric | None) -> str:
    """One value with its interval, and what else its metric has to say."""
    if metric is None or metric.value is None or metric.interval is None:
        return "–"
    value, low, high = (f"{x:.{PLACES.get(name, 2)}f}" for x in (metric.value, *metric.interval))
    if usual is not None and not overlap(metric.interval, usual.interval):
        value = f"**{value}**"
    text = f"{value} ({low} to {high})"
    if missing := (metric.model_extra or {}).get("missing"):
        text += f"; missing: {', '.join(missing)}"
    if metric.closer_than_all_held_out is not None:
        text += f"; {metric.closer_than_all_held_out:,}"
    return text


def size_chart(sizes: dict[str, dict[str, Metrics]]) -> str:
    """An SVG of the distances against the number of samples, a panel each, with their intervals as bands."""
    names = list(dict.fromkeys(name for by_name in sizes.values() for name in by_name))
    legend = "".join(
        f'<rect x="{8 + 180 * i}" y="9" width="14" height="4" fill="{COLOURS[i]}"/>'
        f'<text x="{26 + 180 * i}" y="15">{escape(name)}</text>'
        for i, name in enumerate(names)
    )
    panels = []
    for place, metrics in enumerate(PANELS):
        x, y = place % 2 * WIDTH, LEGEND + place // 2 * (HEIGHT + TITLE)
        panels.append(f'<g transform="translate({x} {y})">{panel(sizes, names, metrics)}</g>')
    width, height = 2 * WIDTH, LEGEND + -(-len(PANELS) // 2) * (HEIGHT + TITLE)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="sans-serif" font-size="11" fill="#333"><rect width="{width}" height="{height}" fill="#fff"/>'
        f"{legend}{''.join(panels)}</svg>\n"
    )


def panel(sizes: dict[str, dict[str, Metrics]], names: list[str], metrics: Sequence[str]) -> str:
    """The curves of `metrics`, the second and later ones dashed, over the bands of their intervals."""
    series = [
        Series(bound, f"{names.index(name)} {metrics.index(metric)}", *points(sizes, name, metric, bound))
        for metric in metrics
        for name in names
        for bound in ("low", "high", "value")
    ]
    chart = line_chart(metrics[0], [one for one in series if len(one.x)], from_zero=True)
    drawn = [axes(chart, ", dashed: ".join(metrics))]
    for low, high, value in zip(chart.lines[::3], chart.lines[1::3], chart.lines[2::3], strict=True):
        colour, dashes = COLOURS[int(value.slot[0])], ' stroke-dasharray="4 3"' * (value.slot[-1] != "0")
        drawn.append(f'<path d="{band(low, high)}" fill="{colour}" opacity="0.2"/>')
        drawn += [f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>' for d in value.paths]
        drawn += [f'<circle cx="{x}" cy="{y}" r="2.5" fill="{colour}"/>' for x, y, *_ in value.points]
    return "".join(drawn)


def points(sizes: dict[str, dict[str, Metrics]], name: str, metric: str, bound: str) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of samples, and the value, or an end of its interval, at each."""
    found = [by_name[name][metric] for by_name in sizes.values() if metric in by_name.get(name, {})]
    known = [(one.samples, one.value, *one.interval) for one in found if one.value is not None and one.interval]
    column = {"value": 1, "low": 2, "high": 3}[bound]
    return np.array([one[0] for one in known], float), np.array([one[column] for one in known], float)


def band(low: Line, high: Line) -> str:
    """The area between two lines."""
    around = [*low.points, *reversed(high.points)]
    return "M" + "L".join(f"{x:g} {y:g}" for x, y, *_ in around) + "Z"


def axes(chart: Chart, title: str) -> str:
    """Title, grid and numbers of a panel."""
    drawn = [f'<text x="{chart.left}" y="2" font-weight="bold">{escape(title)}</text>']
    for tick in chart.y_ticks:
        drawn.append(f'<path d="M{chart.left} {tick.at}H{chart.right}" stroke="#ddd"/>')
        drawn.append(f'<text x="{chart.left - 4}" y="{tick.at + 4}" text-anchor="end">{tick.label}</text>')
    for tick in chart.x_ticks:
        drawn.append(f'<text x="{tick.at}" y="{chart.bottom + 14}" text-anchor="middle">{tick.label}</text>')
    middle = (chart.left + chart.right) / 2
    drawn.append(f'<text x="{middle}" y="{chart.bottom + 27}" text-anchor="middle">samples</text>')
    return "".join(drawn)
