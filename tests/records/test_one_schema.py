"""Each file that passes between stages is read and written by one module: its name stands in records/ alone."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from nashgan.records.paths import Paths
from nashgan.runtime.code import PACKAGE

PATHS = Paths(Path())
FILES = {
    "dvc.lock",
    "manifest.json",
    *(path.name for path in (PATHS.evaluation, PATHS.metrics, PATHS.train_run, PATHS.registration)),
    *(path.name for path in (PATHS.history, PATHS.scores, PATHS.answers, PATHS.score_plot, PATHS.class_plot)),
}
NAME = re.compile(rf"(?:^|/)(?:{'|'.join(map(re.escape, sorted(FILES)))})$")
PLACES = [path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE / "records"]


def literals(tree: ast.AST) -> Iterator[str]:
    """The texts in a module, except docstrings."""
    told = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


@pytest.mark.parametrize("path", PLACES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_other_module_names_the_file(path: Path) -> None:
    assert not [text for text in literals(ast.parse(path.read_text())) if NAME.search(text)]


def test_the_search_finds_what_it_looks_for() -> None:
    tree = ast.parse(
        '"""reports/evaluation.json"""\npath = root / "reports" / "evaluation.json"\nraise E("a sentence")'
    )
    assert [text for text in literals(tree) if NAME.search(text)] == ["evaluation.json"]
    assert {"evaluation.json", "train_run.json", "history.csv", "score.csv", "registry.json", "metrics.json"} <= FILES
