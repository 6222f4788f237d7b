"""The report as one HTML page that needs nothing but itself."""

from base64 import b64encode
from hashlib import sha256

from jinja2 import Environment, PackageLoader, StrictUndefined

from nashgan.reporting import text
from nashgan.reporting.charts import compact
from nashgan.reporting.inputs import Inputs
from nashgan.reporting.sections import SECTIONS


def render(inputs: Inputs) -> str:
    """The whole page. Equal inputs give equal text: it carries no date of its own."""
    loader = PackageLoader("nashgan.reporting")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "compact": compact,
        "count": text.count,
        "duration": text.duration,
        "moment": text.moment,
        "number": text.number,
        "shown": text.shown,
    }
    style = loader.get_source(environment, "style.css")[0]
    script = loader.get_source(environment, "script.js")[0]
    return environment.get_template("report.html.j2").render(
        run=inputs.run,
        sections=[section(inputs) for section in SECTIONS],
        style=style,
        script=script,
        policy=_policy(style, script),
    )


def _policy(style: str, script: str) -> str:
    """Only this style, this script and pictures inside the page; nothing is loaded from anywhere."""
    sources = "; ".join(f"{kind}-src '{_digest(source)}'" for kind, source in (("style", style), ("script", script)))
    return f"default-src 'none'; img-src data:; {sources}; base-uri 'none'; form-action 'none'"


def _digest(source: str) -> str:
    return "sha256-" + b64encode(sha256(source.encode()).digest()).decode()
