"""Recipes: what `auto` stands for in params.yaml, one file a space.

Imported from here: `resolved`. A recipe is a mapping of parameters to values; computations do not belong here.
"""

from collections.abc import Mapping
from typing import Any

from nashgan.runtime.registered import Registered

RECIPES = {  # by space
    "image": Registered("nashgan.recipes.image:RECIPE"),
    "points": Registered("nashgan.recipes.points:RECIPE"),
    "text": Registered("nashgan.recipes.text:RECIPE"),
}
AUTO = "auto"


def resolved(values: Mapping[str, Any], space: str) -> dict[str, Any]:
    """The nested `values` of params.yaml, with each `auto` that the recipe of `space` knows replaced by its value.

    A recipe's penalty weight is that of its own penalty. Where another penalty is named, `auto` is the paper's weight.
    """
    recipe: dict[str, Any] = dict(RECIPES[space].load())
    objective = values.get("objective")
    if isinstance(objective, Mapping) and objective.get("penalty") not in (AUTO, recipe["objective.penalty"]):
        recipe["objective.penalty_weight"] = None
    return {
        section: {key: recipe.get(f"{section}.{key}", value) if value == AUTO else value for key, value in part.items()}
        if isinstance(part, Mapping)
        else part
        for section, part in values.items()
    }
