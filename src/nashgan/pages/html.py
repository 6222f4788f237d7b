"""Self-contained HTML pages: styles, scripts and pictures are inside, and nothing is loaded."""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from nashgan.pages import glossary, text
from nashgan.pages.charts import compact


def fill(
    template: str,
    packages: Sequence[str],
    styles: Sequence[str],
    scripts: Sequence[str] = (),
    fetches: bool = False,
    **context: Any,
) -> str:
    """A page made from `template`, which extends base.html.j2, with the style sheets and the scripts inside.

    Templates, styles and scripts are looked for in the folders `templates` of this package and of `packages`. With
    `fetches`, they may ask the server that the page came from.
    """
    loader = ChoiceLoader([PackageLoader(package) for package in ("nashgan.pages", *packages)])
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
        "terms": glossary.used,
    }
    style = "".join(loader.get_source(environment, name)[0] for name in styles)
    code = "".join(loader.get_source(environment, name)[0] for name in scripts)
    page = environment.get_template(template)
    return page.render(**context, style=style, script=code, policy=_policy(style, code, fetches))


def _policy(style: str, script: str, fetches: bool) -> str:
    """The content security policy: only this style, this script and pictures inside the page are allowed."""
    sources = "; ".join(f"{kind}-src '{_digest(source)}'" for kind, source in (("style", style), ("script", script)))
    sources += "; connect-src 'self'" if fetches else ""
    return f"default-src 'none'; img-src data:; {sources}; base-uri 'none'; form-action 'none'"


def _digest(source: str) -> str:
    return "sha256-" + b64encode(sha256(source.encode()).digest()).decode()
