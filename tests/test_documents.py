"""CITATION.cff, CHANGELOG.md, README.md and other files beside the code agree with the code."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_citation_has_what_its_format_requires_and_names_this_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert {"authors", "cff-version", "message", "title"} <= citation.keys()  # the keys that 1.2.0 requires
    assert citation["cff-version"] == "1.2.0"
    assert str(citation["version"]) == PROJECT["version"]
    assert citation["license"] == PROJECT["license"]
    assert all(author["name"] for author in citation["authors"])


def test_the_changelog_has_this_version_below_what_is_unreleased() -> None:
    headings = [line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line.startswith("## ")]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert headings[:2] == ["## Unreleased", f"## {PROJECT['version']} - {citation['date-released']}"]


def test_the_layout_of_the_readme_names_every_package() -> None:
    layout = (ROOT / "README.md").read_text().partition("## Layout")[2]
    packages = {path.parent.name for path in (ROOT / "src" / "nashgan").glob("*/__init__.py")}
    assert {name for name in packages if f"{name}/" not in layout} == set()


def test_every_package_is_typed_for_those_who_import_it() -> None:
    packages = [path.parent for path in (ROOT / "src").glob("*/__init__.py")]
    assert len(packages) == 2 and all((package / "py.typed").is_file() for package in packages)


def test_the_page_about_the_architecture_names_only_what_exists() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    named = set(re.findall(r"`([\w./]+)`", re.sub(r"```.*?```", "", page, flags=re.DOTALL)))
    files = {name for name in named if name.endswith(".py") and "/" in name}
    assert len(files) > 20 and not [
        f for f in files if not any((ROOT / at / f).is_file() for at in ("", "src/nashgan"))
    ]
    code = "\n".join(path.read_text() for path in (ROOT / "src" / "nashgan").rglob("*.py"))
    names = {name for name in named - files if re.fullmatch(r"[A-Z][\w.]+|[a-z]+_\w+", name)}
    parts = {part for name in names for part in name.split(".")}
    assert {"WITHOUT_EFFECT", "LoadedGenerator", "measure_features"} <= parts
    assert not [part for part in parts if not re.search(rf"\b{part}\b", code)]
