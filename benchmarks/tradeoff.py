"""The trade-off of distortion against perception (Blau and Michaeli, 2018), from the table of docs/applications.md.

Run: python -m benchmarks.tradeoff. It writes docs/pictures/tradeoff.svg: a curve over `objective.pixel_weight` for each
way to degrade, from the rows of the table of 4,000 digits. Rows of other seeds are left out.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from nashgan.runtime.errors import UserError
from nashgan.runtime.files import atomic_path

PAGE, PICTURE = Path("docs/applications.md"), Path("docs/pictures/tradeoff.svg")
ROW = re.compile(  # degraded by, weight, PSNR, read right, fcd with its interval
    r"^\|(?P<kind>[^|]*)\| (?P<weight>no D|\d+) \| (?P<psnr>[\d.]+) \| [\d.]+ % \| "
    r"(?P<fcd>[\d.]+) \((?P<low>[\d.]+) to (?P<high>[\d.]+)\) \|",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Point:
    """A row: the weight, the PSNR in dB, and the fcd with its interval."""

    weight: str
    psnr: float
    fcd: float
    low: float
    high: float


def curves(page: str) -> dict[str, list[Point]]:
    """The rows of the table by what the digits were degraded by; an empty first cell means the one above."""
    found: dict[str, list[Point]] = {}
    kind = ""
    for row in ROW.finditer(page):
        kind = row["kind"].strip() or kind
        values = (float(row[name]) for name in ("psnr", "fcd", "low", "high"))
        found.setdefault(kind, []).append(Point(row["weight"], *values))
    if not found:
        raise UserError(f"{PAGE}: has no table of pixel weights")
    return found


def drawn(found: dict[str, list[Point]]) -> Figure:
    """A panel for each way to degrade: fcd over PSNR, a point for each weight."""
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    panels = figure.subplots(1, len(found), sharey=True, squeeze=False)[0]
    for panel, (kind, points) in zip(panels, found.items(), strict=True):
        psnr, fcd = [one.psnr for one in points], [one.fcd for one in points]
        reach = [[one.fcd - one.low for one in points], [one.high - one.fcd for one in points]]
        panel.errorbar(psnr, fcd, reach, color="#b3450b", marker="o", capsize=3)
        for one in points:
            panel.annotate(one.weight, (one.psnr, one.fcd), (7, 5), textcoords="offset points")
        panel.set(title=kind, xlabel="PSNR, dB: nearer to the true digits →")
        panel.margins(x=0.15)
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylim(bottom=0)  # of both, now that all points are there
    panels[0].set_ylabel("← looks more real: fcd, 4,000 digits")
    return figure


def main() -> None:
    """Read the page, write the picture."""
    with mpl.rc_context({"svg.hashsalt": "tradeoff", "svg.fonttype": "none"}), atomic_path(PICTURE) as temporary:
        drawn(curves(PAGE.read_text(encoding="utf-8"))).savefig(temporary, format="svg", metadata={"Date": None})
    print(PICTURE)


if __name__ == "__main__":
    main()
