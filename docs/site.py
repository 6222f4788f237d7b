"""Pages of the site that stand outside docs/, with their links: a hook of mkdocs.yml."""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
PAGES = {
    "README.md": "index.md",
    "README.zh.md": "zh.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
OTHERS = ("reports/samples.png", "LICENSE", "CITATION.cff")  # what these pages show or link to


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages and the files that they link to."""
    for name, page in PAGES.items():
        files.append(File.generated(config, page, content=_as_page((ROOT / name).read_text())))
    for name in OTHERS:
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    return files


def _as_page(text: str) -> str:
    """Links from the root of the repository become links from docs/."""

    def link(found: re.Match[str]) -> str:
        return f"]({PAGES.get(found[1], found[1].removeprefix('docs/'))}"

    return re.sub(r"\]\(([^)#]+)", link, text)
