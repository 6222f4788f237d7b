"""The JavaScript that draws the charts of `dvc plots`, from an installed package: DVC's page would fetch it online."""

from functools import cache
from importlib.metadata import version
from pathlib import Path

from nashgan.runtime.files import write_text

PLACE = Path(".nashgan") / "vega.js"  # below the repository root; .dvc/plots/page.html names it
PACKAGE, VEGA_LITE = "vl-convert-python", "6.4"


def write_chart_library(home: Path) -> Path:
    """Write Vega, Vega-Lite and vega-embed below the repository root `home`, once a version: about 2 s, 0.9 MB."""
    path, title = home / PLACE, f"// {PACKAGE} {version(PACKAGE)}, Vega-Lite {VEGA_LITE}\n"
    if path.is_file():
        with path.open(encoding="utf-8") as file:
            if file.readline() == title:
                return path
    write_text(path, f"{title}(() => {{\n{_script()}\n}})()\n")  # a scope of its own: DVC's page has variables too
    return path


@cache
def _script() -> str:
    import vl_convert

    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", VEGA_LITE))
