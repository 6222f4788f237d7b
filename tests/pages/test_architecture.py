"""The map in docs/architecture.svg shows the packages and imports of the code."""

import xml.etree.ElementTree as ET
from pathlib import Path

from nashgan.pages.architecture import NAMES, imported_parts, summary, svg
from nashgan.runtime.code import PACKAGE

DOCS = Path(__file__).parents[2] / "docs"
SVG = "{http://www.w3.org/2000/svg}"


def test_the_map_in_docs_is_current() -> None:
    assert (DOCS / "architecture.svg").read_text() == svg(), (
        "run: python -m nashgan.pages.architecture > docs/architecture.svg"
    )


def test_every_package_and_every_import_is_drawn() -> None:
    drawn = ET.fromstring(svg())
    names = [text.text for text in drawn.iter(f"{SVG}text") if text.get("class") == "name"]
    assert names == list(NAMES)
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} <= set(names)
    assert len(list(drawn.iter(f"{SVG}circle"))) == sum(map(len, imported_parts().values()))


def test_every_arrow_leads_down() -> None:
    imported = imported_parts()
    assert "records" in imported["stages"] and not imported["runtime"]
    assert not [(name, other) for name in NAMES for other in imported[name] if NAMES.index(other) < NAMES.index(name)]


def test_a_summary_is_the_first_line_of_the_docstring() -> None:
    assert summary("reporting") == "The report of one run, reports/index.html"
    assert all(10 < len(summary(name)) < 120 for name in NAMES)
