"""Recipes: what `auto` stands for in params.yaml, one file a space.

Imported from here: `resolved`. A recipe is a mapping of parameters to values; computations do not belong here.
"""

from collections.abc import Mapping
from typing import Any

from nashgan.runtime.registered import Registered

RECIPES = {  # by space
    "image": Registered("nashgan.recipes.image:RECIPE"),
    "points": Registered("nashgan.recipes.points:RECIPE"),
    "video": Registered("nashgan.recipes.video:RECIPE"),
}
AUTO = "auto"


def resolved(values: Mapping[str, Any], space: str) -> dict[str, Any]:
    """The nested `values` of params.yaml, with each `auto` that the recipe of `space` knows replaced by its value."""
    recipe: Mapping[str, Any] = RECIPES[space].load()
    return {
        section: {key: recipe.get(f"{section}.{key}", value) if value == AUTO else value for key, value in part.items()}
        if isinstance(part, Mapping)
        else part
        for section, part in values.items()
    }
