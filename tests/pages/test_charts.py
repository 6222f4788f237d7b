import math
import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nashgan.pages.charts import Chart, Series, compact, line_chart, thin, ticks

ANY = st.floats(allow_nan=True, allow_infinity=True)
ORDINARY = st.floats(-1e12, 1e12)


def _chart(y: list[float], **options: object) -> Chart:
    x = 10.0 * np.arange(1, len(y) + 1)
    return line_chart("Test", [Series("one", "d", x, np.array(y, dtype=np.float64))], **options)  # type: ignore[arg-type]


@given(ORDINARY, ORDINARY, st.integers(2, 8))
def test_ticks_are_round_few_and_enclose_the_range(one: float, other: float, about: int) -> None:
    low, high = min(one, other), max(one, other)
    found = ticks(low, high, about)
    step = found[1] - found[0]
    slack = 1e-5 * step
    assert found[0] <= low + slack and found[-1] >= high - slack
    assert 2 <= len(found) <= 2 * about + 3
    assert all(later > earlier for earlier, later in pairwise(found))


def test_ticks_known() -> None:
    assert ticks(0, 1, 4) == pytest.approx([0, 0.5, 1])
    assert ticks(0, 320_000, 5) == pytest.approx([0, 1e5, 2e5, 3e5, 4e5])
    assert ticks(3, 3, 4)[0] < 3 < ticks(3, 3, 4)[-1]


def test_values_land_where_the_axis_says() -> None:
    chart = _chart([0.0, 1.0, 0.25], span=(0, 1), guide=(0.5, "half"))
    marks = {tick.label: tick.at for tick in chart.y_ticks}
    assert marks == {"0": chart.bottom, "0.5": (chart.top + chart.bottom) / 2, "1": chart.top}
    assert chart.guide is not None and chart.guide.at == marks["0.5"]
    points = chart.lines[0].points
    assert [y for _, y, *_ in points] == pytest.approx(
        [chart.bottom, chart.top, chart.bottom - (chart.bottom - chart.top) / 4], abs=0.01
    )
    assert [x for x, *_ in points] == pytest.approx(np.linspace(chart.left, chart.right, 4)[1:], abs=0.01)
    assert (chart.lines[0].first, chart.lines[0].last, chart.end) == (0.0, 0.25, 30.0)


def test_logarithmic_axis() -> None:
    chart = _chart([0.01, 1.0, 100.0], log=True)
    assert [tick.label for tick in chart.y_ticks] == ["0.01", "0.1", "1", "10", "100"]
    assert [y for _, y, *_ in chart.lines[0].points] == pytest.approx(
        [chart.bottom, (chart.top + chart.bottom) / 2, chart.top], abs=0.01
    )
    assert [tick.label for tick in _chart([2.0, 7.0], log=True).y_ticks] == ["1", "2", "5", "10"]
    assert _chart([0.0, -1.0, 1.0], log=True).missing == 2


def test_values_that_are_not_finite_break_the_line() -> None:
    chart = _chart([1, 2, math.nan, 3, math.inf, 4, 5, 6])
    line = chart.lines[0]
    assert (len(line.paths), len(line.dots), chart.missing) == (2, 1, 2)
    assert [value for *_, value in line.points] == [1, 2, 3, 4, 5, 6]


def test_zero_is_on_the_axis_where_asked() -> None:
    assert _chart([2100, 2200], from_zero=True).y_ticks[0].label == "0"
    assert _chart([2100, 2200]).y_ticks[0].label != "0"


@given(st.lists(ANY, max_size=12), st.booleans())
def test_any_history_can_be_drawn_inside_the_frame(values: list[float], log: bool) -> None:
    chart = _chart(values, log=log)
    line = chart.lines[0]
    assert len(line.points) + chart.missing == len(values)
    for x, y, *_ in line.points:
        assert chart.left <= x <= chart.right + 0.01 and chart.top - 0.01 <= y <= chart.bottom + 0.01
    assert len(chart.y_ticks) >= 2
    assert all(math.isfinite(tick.at) for tick in (*chart.x_ticks, *chart.y_ticks))
    assert not re.search("nan|inf", "".join(line.paths))


def test_thinning_keeps_ends_and_spikes() -> None:
    values = np.sin(np.arange(10_000.0))
    values[1234], values[7777] = 50, -50
    kept = thin(values, 400)
    assert len(kept) <= 402 and {0, 1234, 7777, 9999} <= set(kept) and kept == sorted(kept)
    assert thin(values[:400], 400) == list(range(400))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.25, "0.25"), (40_000, "40k"), (1.5e6, "1.5M"), (2e9, "2G"), (1e-6, "1e-06"), (1e20, "1e+20")],
)
def test_compact(value: float, text: str) -> None:
    assert compact(value) == text
