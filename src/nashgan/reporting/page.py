"""The report as one HTML page."""

from typing import Any

from nashgan.games import game_of_run
from nashgan.pages.html import fill
from nashgan.reporting.inputs import Inputs
from nashgan.reporting.operations import Operations
from nashgan.reporting.sections import SECTIONS


def render(inputs: Inputs) -> str:
    """The whole page. Equal inputs give equal text, because the page has no date of its own."""
    params = inputs.run.params
    operations = inputs.live if isinstance(inputs.live, Operations) else None
    sections = [section for make in SECTIONS if (section := make(inputs))]
    context: dict[str, Any] = {
        "run": inputs.run,
        "objective": game_of_run(params).objective(params["objective"]["loss"]),
        "seen": inputs.history["images"][-1] if inputs.history else 0,
        "plural": inputs.space.plural,
        "sections": sections,
        "operations": operations,
    }
    packages, styles = ["nashgan.comparison", "nashgan.reporting"], ["style.css", "comparison.css"]
    scripts = ["script.js", "live.js"] if operations else ["script.js"]
    return fill("report.html.j2", packages, styles, scripts, **context)
