"""Which code a result depends on: all modules that a module imports, directly or through other modules.

A test checks the dependencies in dvc.yaml against it, and the fingerprint of a checkpoint contains its digest.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import nashgan
from nashgan.runtime.files import sha256

PACKAGE = Path(nashgan.__file__).parent
# Code that watches, prints, checks settings or moves bytes. It does not change what a stage writes: the settings are
# dependencies of their own, and a fetched file is checked against its sha256.
WITHOUT_EFFECT = (
    "nashgan.tracking",
    "nashgan.params",
    "nashgan.objectives.compatibility",
    "nashgan.stages.data_checks",
    "nashgan.data.fetch",
    *(f"nashgan.{package}.params" for package in ("data", "features", "evaluation", "models", "objectives", "games")),
    "nashgan.training.params",
    *(f"nashgan.runtime.{name}" for name in ("code", "compute", "errors", "files", "git", "progress", "registered")),
    *(f"nashgan.runtime.{name}" for name in ("allocation", "launch", "processes", "settings", "signals", "threads")),
)


def import_closure(*roots: str, without: Iterable[str] = WITHOUT_EFFECT) -> set[str]:
    """The modules of this package that `roots` import, directly or through others, and the roots themselves.

    Imports inside functions count; imports for type checking do not. Two kinds of modules are left out: those
    `without` effect, and the packages' ``__init__`` files. The latter hold registries, and only the entries that are
    used belong to a result. Name these as further roots: ``MODELS[name].module``.
    """
    left_out = tuple(without)
    found, todo = set[str](), list(roots)
    while todo:
        module = todo.pop()
        skipped = any(module == name or module.startswith(f"{name}.") for name in left_out)
        if module in found or (skipped and module not in roots):
            continue
        found.add(module)
        todo += _imported(module)
    return found


def source_path(module: str) -> Path:
    """The file of a module of this package."""
    return PACKAGE.parent / Path(*module.split(".")).with_suffix(".py")


def imports() -> Iterator[tuple[str, str]]:
    """Every import of one part of this package by another module of it, as (importing module, imported name).

    Imports inside functions count, and so do those for type checking.
    """
    for file in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts)
        names = _names(ast.parse(file.read_text(encoding="utf-8")).body, types=True)
        yield from ((module, name) for name in sorted(set(names)) if name.startswith("nashgan."))


def part_of(module: str) -> str:
    """The package or the single module under nashgan that a module stands in: ``data`` for nashgan.data.mnist."""
    return module.removeprefix("nashgan.").partition(".")[0]


def digest(modules: Iterable[str]) -> str:
    """The sha256 of the source files of `modules`; their order does not matter."""
    lines = [f"{module} {sha256(source_path(module))}" for module in sorted(modules)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@cache
def _imported(module: str) -> frozenset[str]:
    tree = ast.parse(source_path(module).read_text(encoding="utf-8"))
    return frozenset(name for name in _names(tree.body) if name.startswith("nashgan.") and source_path(name).is_file())


def _names(body: Iterable[ast.stmt], types: bool = False) -> Iterator[str]:
    """What `body` imports; imports for type checking only with `types`."""
    for statement in body:
        if not types and isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
