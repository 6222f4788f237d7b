"""docs/troubleshooting.md has an entry for every event of the watchdog, every warning and every refusal of the data."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from nashgan.runtime.code import PACKAGE

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text()


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def event_kinds() -> set[str]:
    """The kinds of all events that the watchdog makes."""
    calls = [node for node in ast.walk(tree(PACKAGE / "training" / "watchdog.py")) if isinstance(node, ast.Call)]
    made = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "WatchdogEvent"]
    kinds = [keyword.value for call in made for keyword in call.keywords if keyword.arg == "kind"]
    assert len(kinds) == len(made) > 5
    return {ast.literal_eval(kind) if isinstance(kind, ast.Constant) else "patience" for kind in kinds}


def texts(place: ast.AST) -> Iterator[list[str]]:
    """The constant parts of each f-string in a module or in a part of it."""
    for node in ast.walk(place):
        if isinstance(node, ast.JoinedStr):
            yield [part.value for part in node.values if isinstance(part, ast.Constant) and isinstance(part.value, str)]


def warnings() -> set[str]:
    """The longest constant part of every warning, those of the stage train among them, which says the word for all."""
    found = [parts for file in sorted(PACKAGE.rglob("*.py")) for parts in texts(tree(file))]
    begun = [parts for parts in found if parts and parts[0].startswith("warning: ")]
    train = tree(PACKAGE / "stages" / "train.py").body
    (of_train,) = (node for node in train if isinstance(node, ast.FunctionDef) and node.name == "_warnings")
    return {max(parts, key=len) for parts in (*begun, *filter(None, texts(of_train)))}


@pytest.mark.parametrize("kind", sorted(event_kinds()))
def test_every_event_of_the_watchdog_has_an_entry(kind: str) -> None:
    assert f"\n### `{kind}`\n" in PAGE


def test_every_warning_has_an_entry() -> None:
    told = {text.removeprefix("warning: ").strip(" :;(),") for text in warnings()}
    assert len(told) > 8 and not [text for text in told if text not in PAGE]


def test_every_key_that_the_data_may_refuse_has_an_entry() -> None:
    parts = " ".join(part for parts in texts(tree(PACKAGE / "stages" / "data_checks.py")) for part in parts)
    keys = set(re.findall(r"\b(?:data|split|model|objective|train|generate|reference|evaluate)\.[a-z_]+\b", parts))
    assert len(keys) > 8 and not [key for key in keys if f"`{key}`" not in PAGE]


def test_links_lead_to_headings_that_exist() -> None:
    for name, anchor in re.findall(r"\]\((\w+\.md)(?:#([\w-]+))?\)", PAGE):
        headings = re.findall(r"^#+ (.+)$", (ROOT / "docs" / name).read_text(), re.MULTILINE)
        anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
        assert not anchor or anchor in anchors, (name, anchor)
