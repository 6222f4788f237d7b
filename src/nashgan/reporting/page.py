"""The report as one HTML page."""

from nashgan.pages.html import fill
from nashgan.reporting.inputs import Inputs
from nashgan.reporting.sections import SECTIONS

OBJECTIVES = {"vae": "evidence lower bound", "gaussian": "maximum likelihood"}  # of models that are not adversarial


def render(inputs: Inputs) -> str:
    """The whole page. Equal inputs give equal text: it carries no date of its own."""
    sections = [section for make in SECTIONS if (section := make(inputs))]
    context = {
        "run": inputs.run,
        "objective": OBJECTIVES.get(inputs.run.params["model"]["name"], inputs.run.params["objective"]["loss"]),
        "seen": inputs.history["images"][-1:].sum(),  # 0 where there is no row
        "sections": sections,
    }
    packages, styles = ["nashgan.comparison", "nashgan.reporting"], ["style.css", "comparison.css"]
    return fill("report.html.j2", packages, styles, "script.js", **context)
