"""Registries: a name in params.yaml stands for an object, which is imported only when it is used."""

import pkgutil
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Registered:
    """An entry of a registry. Subclasses add facts that are needed without importing the object."""

    target: str  # "module:object"

    @property
    def module(self) -> str:
        """The module that holds the object."""
        return self.target.partition(":")[0]

    def load(self) -> Any:
        """Import the object."""
        return pkgutil.resolve_name(self.target)
