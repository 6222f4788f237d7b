"""Line charts as geometry: pure functions compute what a template needs to draw an SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float

WIDTH, HEIGHT = 360, 216  # of the drawing, in units of the SVG: readable on a phone without zooming
LEFT, RIGHT, TOP, BOTTOM = 36, 8, 8, 30  # margins around the plot
LARGEST = 1e100  # larger values count as not finite, so that differences and powers of ten stay within float64
MOST_POINTS = 400  # a line keeps about this many points at most; peaks and valleys are kept


@dataclass(frozen=True)
class Series:
    """One line: values `y` at `x`. Values that are not finite break the line. `slot` chooses the colour."""

    name: str
    slot: str
    x: Float[np.ndarray, " n"]
    y: Float[np.ndarray, " n"]


@dataclass(frozen=True)
class Tick:
    """A mark at an axis."""

    at: float  # in the drawing's units
    label: str


@dataclass(frozen=True)
class Line:
    """A drawn series: each path is an unbroken run of finite points. A run of a single point is a dot."""

    name: str
    slot: str
    paths: list[str]
    dots: list[tuple[float, float]]
    points: list[tuple[float, float, float, float]]  # (x, y) in the drawing, (x, y) as values: for the readout
    first: float
    last: float


@dataclass(frozen=True)
class Chart:
    """Everything a template needs to draw one chart."""

    title: str
    lines: list[Line]
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    guide: Tick | None  # a horizontal line to compare with
    end: float  # the largest x
    missing: int  # values that could not be drawn
    width: int = field(default=WIDTH, init=False)
    height: int = field(default=HEIGHT, init=False)
    left: int = field(default=LEFT, init=False)
    right: int = field(default=WIDTH - RIGHT, init=False)
    top: int = field(default=TOP, init=False)
    bottom: int = field(default=HEIGHT - BOTTOM, init=False)


@dataclass(frozen=True)
class _Scale:
    """An affine map of values (or of their logarithms) to the drawing."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        value = math.log10(value) if self.log else value
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 2)


def line_chart(
    title: str,
    series: Sequence[Series],
    *,
    log: bool = False,
    span: tuple[float, float] | None = None,
    from_zero: bool = False,
    guide: tuple[float, str] | None = None,
) -> Chart:
    """Lay out `series` over a common x axis that starts at 0.

    `log` makes the y axis logarithmic; it then cannot show values of 0 or below. `span` gives the ends of the y axis.
    Without it the axis fits the data, and starts at 0 with `from_zero`. `guide` is a (value, label) drawn as a
    horizontal line. Values that cannot be drawn do not raise: they are left out and counted in `Chart.missing`.
    """
    drawable = [_drawable(one, log) for one in series]
    every_x = np.concatenate([np.zeros(1), *(one.x[keep] for one, keep in zip(series, drawable, strict=True))])
    every_y = np.concatenate([np.zeros(0), *(one.y[keep] for one, keep in zip(series, drawable, strict=True))])
    if from_zero:
        every_y = np.append(every_y, 0.0)
    x_scale = _Scale(0.0, float(every_x.max()) or 1.0, LEFT, WIDTH - RIGHT)
    y_values, low, high = _log_axis(every_y) if log else _linear_axis(every_y, span)
    y_scale = _Scale(low, high, HEIGHT - BOTTOM, TOP, log)
    return Chart(
        title=title,
        lines=[_line(one, keep, x_scale, y_scale) for one, keep in zip(series, drawable, strict=True)],
        x_ticks=[Tick(x_scale(at), compact(at)) for at in ticks(0.0, x_scale.high, 5) if at <= x_scale.high],
        y_ticks=[Tick(y_scale(value), compact(value)) for value in y_values],
        guide=Tick(y_scale(guide[0]), guide[1]) if guide else None,
        end=float(every_x.max()),
        missing=sum(int((~keep).sum()) for keep in drawable),
    )


def _drawable(series: Series, log: bool) -> Bool[np.ndarray, " n"]:
    with np.errstate(invalid="ignore"):
        lowest = 1 / LARGEST if log else -LARGEST
        keep: Bool[np.ndarray, " n"] = (series.x >= 0) & (series.x <= LARGEST)
        return keep & (series.y >= lowest) & (series.y <= LARGEST)


def ticks(low: float, high: float, about: int) -> list[float]:
    """About `about` round numbers that enclose low..high; their distance is 1, 2 or 5 times a power of ten."""
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-100):  # flat, except for rounding
        margin = abs(low) / 2 or 1.0
        low, high = low - margin, high + margin
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step * power for step in (1, 2, 5, 10) if step * power >= rough * 0.999)
    return [step * index for index in range(math.floor(low / step + 1e-6), math.ceil(high / step - 1e-6) + 1)]


def compact(value: float) -> str:
    """A number as it is written at an axis: 0.25, 40k, 1.5M, 1e-06."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if size <= abs(value) < 1e12:
            return f"{value / size:.4g}{unit}"
    return f"{value:.4g}"


def _linear_axis(values: np.ndarray, span: tuple[float, float] | None) -> tuple[list[float], float, float]:
    low, high = span or ((float(values.min()), float(values.max())) if len(values) else (0.0, 1.0))
    marks = ticks(low, high, 4)
    return marks, marks[0], marks[-1]


def _log_axis(values: np.ndarray) -> tuple[list[float], float, float]:
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.1, 10.0)
    start, end = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    end = max(end, start + 1)
    factors = (1, 2, 5) if end - start == 1 else (1,)
    stride = max(1, math.ceil((end - start) / 6))
    powers = range(start, end + 1, stride)
    marks = [factor * 10.0**power for power in powers for factor in factors if power + math.log10(factor) <= end]
    return marks, float(start), float(end)


def _line(series: Series, drawable: np.ndarray, x_scale: _Scale, y_scale: _Scale) -> Line:
    paths, dots, points = [], [], []
    edges = np.flatnonzero(np.diff(np.concatenate([[0], drawable.astype(np.int8), [0]])))
    for begin, end in edges.reshape(-1, 2):
        run = [begin + index for index in thin(series.y[begin:end], MOST_POINTS)]
        values = [(float(series.x[index]), float(f"{series.y[index]:.5g}")) for index in run]
        drawn = [(x_scale(x), y_scale(y), x, y) for x, y in values]
        points += drawn
        if len(drawn) == 1:
            dots.append(drawn[0][:2])
        else:
            paths.append("M" + "L".join(f"{x:g} {y:g}" for x, y, *_ in drawn))
    first, last = (points[0][3], points[-1][3]) if points else (math.nan, math.nan)
    return Line(series.name, series.slot, paths, dots, points, first, last)


def thin(values: Float[np.ndarray, " n"], limit: int) -> list[int]:
    """Indices of about `limit` values at most: both ends and, of each stretch, the lowest and the highest value."""
    if len(values) <= limit:
        return list(range(len(values)))
    kept = {0, len(values) - 1}
    for stretch in np.array_split(np.arange(len(values)), limit // 2):
        kept |= {int(stretch[values[stretch].argmin()]), int(stretch[values[stretch].argmax()])}
    return sorted(kept)
