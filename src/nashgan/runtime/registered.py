"""Registered names: a name in params.yaml stands for "module:object", imported only when it is used."""

import pkgutil
from typing import Any


def load(names: dict[str, str], name: str) -> Any:
    """The object registered as `name`; params.yaml's schema has checked that it is known."""
    return pkgutil.resolve_name(names[name])
