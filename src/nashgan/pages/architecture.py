"""The map of the code: its packages from the top to the bottom, drawn from the code as docs/architecture.svg.

python -m nashgan.pages.architecture > docs/architecture.svg
"""

import ast
from html import escape
from textwrap import wrap

from nashgan.runtime.code import PACKAGE, imports, part_of

ORDER = (  # the layers: a module imports from its own layer, further to the right, and from the layers below
    ("cli", "doctor"),
    ("stages", "commands"),
    ("search",),
    ("params",),
    ("reporting",),
    ("comparison",),
    ("pages",),
    ("tracking",),
    ("data_quality", "evaluation"),
    ("training",),
    ("games",),
    ("features", "metrics"),
    ("objectives", "models"),
    ("recipes",),
    ("data",),
    ("spaces",),
    ("records",),
    ("runtime",),
)
BOX, COLUMN, MARGIN = 560, 19, 14  # pixels: width of a box, between two columns of arrows, around the picture
WITHIN, BETWEEN = 3, 10  # pixels between two boxes of one layer, and between two layers
LINE, PADDING = 17, 8  # pixels between two lines of text, and around them in a box
HEADING = 84  # pixels for the names above the columns
CHARACTERS = 76  # in a line of a box
STYLE = """
  text { font: 13px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2933 }
  .name { font-weight: 700; font-size: 14px }
  .heading { font-size: 12px; fill: #66717d }
  .sheet { fill: #ffffff }
  .box { fill: #f3f6fa; stroke: #b8c4d2 }
  .imports { stroke: #d3dae2 }
  .imported { stroke: #8796a6; fill: none }
  .head { fill: #8796a6 }
  .dot { fill: #24618e }
"""
OUT = 30  # pixels below the top of a box, where the line of its imports begins
NAMES = tuple(name for layer in ORDER for name in layer)


def imported_parts() -> dict[str, list[str]]:
    """For each package or module of ORDER, those that it imports, from the top to the bottom."""
    pairs = {(part_of(importer), part_of(name)) for importer, name in imports()}
    return {name: [other for other in NAMES if other != name and (name, other) in pairs] for name in NAMES}


def summary(name: str) -> str:
    """The first line of the docstring of a package or module of ORDER, without the full stop."""
    package = PACKAGE / name / "__init__.py"
    file = package if package.is_file() else PACKAGE / f"{name}.py"
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0].replace("``", "").replace("`", "").removesuffix(".")


def svg() -> str:
    """docs/architecture.svg: the packages from top to bottom, and their imports as arrows.

    A line leads from each package to the right, with a dot for each package that it imports. From the dot, an arrow
    leads down to that package.
    """
    imported = imported_parts()
    texts = {name: wrap(summary(name), CHARACTERS) for name in NAMES}
    tops = _tops({name: _height(lines) for name, lines in texts.items()})
    targets = [name for name in NAMES if any(name in others for others in imported.values())]
    columns = {name: MARGIN + BOX + COLUMN * (place + 1) for place, name in enumerate(targets)}
    width, height = MARGIN + BOX + COLUMN * (len(targets) + 3), tops[""] + MARGIN
    drawn = [_box(tops[name], name, texts[name]) for name in NAMES]
    drawn += [
        _arrow(columns[name], min(tops[one] for one in NAMES if name in imported[one]), tops[name], name)
        for name in targets
    ]
    drawn += [_dots(tops[name], [columns[other] for other in imported[name]]) for name in NAMES if imported[name]]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">\n'
        f"<title>The packages of nashgan; each imports only from those below it</title>\n<style>{STYLE}</style>\n"
        f'<rect class="sheet" width="{width}" height="{height}"/>\n' + "".join(drawn) + "</svg>\n"
    )


def _height(lines: list[str]) -> int:
    """The height of a box with a name and `lines`."""
    return (1 + len(lines)) * LINE + 2 * PADDING


def _tops(heights: dict[str, int]) -> dict[str, int]:
    """Where each box begins, and under "" where the last one ends."""
    y, tops = HEADING, dict[str, int]()
    for layer in ORDER:
        for name in layer:
            tops[name] = y
            y += heights[name] + WITHIN
        y += BETWEEN - WITHIN
    return tops | {"": y - BETWEEN}


def _box(top: int, name: str, lines: list[str]) -> str:
    rows = [f'<text class="name" x="{MARGIN + PADDING}" y="{top + PADDING + 13}">{name}</text>\n']
    for number, line in enumerate(lines, 1):
        rows.append(f'<text x="{MARGIN + PADDING}" y="{top + PADDING + LINE * number + 13}">{escape(line)}</text>\n')
    box = f'<rect class="box" x="{MARGIN}" y="{top}" width="{BOX}" height="{_height(lines)}" rx="4"/>\n'
    return box + "".join(rows)


def _arrow(x: int, start: int, end: int, name: str) -> str:
    """From the row that begins at `start` down to the row that begins at `end`, then left to its box."""
    edge, y = MARGIN + BOX, end + PADDING + 2
    return (
        f'<text class="heading" transform="translate({x + 3} {HEADING - 6}) rotate(-60)">{name}</text>\n'
        f'<path class="imported" d="M{x} {start + OUT}V{y}H{edge + 6}"/>\n'
        f'<path class="head" d="M{edge} {y}l8 -4v8z"/>\n'
    )


def _dots(top: int, columns: list[int]) -> str:
    """A line from the box that begins at `top` to the last of the `columns`, with a dot in each of them."""
    y = top + OUT
    dots = "".join(f'<circle class="dot" cx="{x}" cy="{y}" r="3.5"/>' for x in columns)
    return f'<path class="imports" d="M{MARGIN + BOX} {y}H{columns[-1]}"/>{dots}\n'


if __name__ == "__main__":
    print(svg(), end="")
