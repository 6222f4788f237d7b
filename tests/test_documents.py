"""CITATION.cff, CHANGELOG.md, README.md and other files beside the code agree with the code."""

import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
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


def code(text: str) -> list[str]:
    """Fenced blocks, and lines of indented ones."""
    return re.findall(r"^```.*?^```$|^ {4}[^\n]*", text, re.MULTILINE | re.DOTALL)


def test_the_chinese_readme_is_in_step() -> None:
    """The same headings, the same commands, the same figures, and links to the same pages."""
    english, chinese = ((ROOT / name).read_text() for name in ("README.md", "README.zh.md"))
    assert len(code(english)) > 20 and code(chinese) == code(english)
    for of_both in (r"^#+(?= )", r"^\|(?= )"):  # in the same order: levels of headings, rows of tables
        assert re.findall(of_both, chinese, re.MULTILINE) == re.findall(of_both, english, re.MULTILINE)
    for in_any_order in (r"\d+[.,]\d+", r"\]\(((?!README)[^)]+)\)"):
        assert Counter(re.findall(in_any_order, chinese)) == Counter(re.findall(in_any_order, english))


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


def test_every_link_of_the_site_leads_somewhere(tmp_path: Path) -> None:
    """mkdocs in its strict mode; external addresses are not asked."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pages = {path.parent.name for path in tmp_path.glob("*/index.html")}
    assert {page.stem for page in (ROOT / "docs").glob("*.md")} <= pages
    assert 'src="reports/samples.png"' in (tmp_path / "index.html").read_text()
