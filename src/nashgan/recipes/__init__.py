"""Recipes: what `auto` stands for in params.yaml, one file a space, and one a question for what it changes in them.

Imported from here: `resolved`. A recipe is a mapping of parameters to values; computations do not belong here.
"""

from collections.abc import Mapping
from typing import Any

from nashgan.data import DATASETS
from nashgan.recipes.protocols import PROTOCOLS
from nashgan.runtime.registered import Registered
from nashgan.spaces import family

RECIPES = {  # by space
    "image": Registered("nashgan.recipes.image:RECIPE"),
    "points": Registered("nashgan.recipes.points:RECIPE"),
    "text": Registered("nashgan.recipes.text:RECIPE"),
    "series": Registered("nashgan.recipes.series:RECIPE"),
    "video": Registered("nashgan.recipes.video:RECIPE"),
}
ANY = {  # of all spaces, unless the space, the question, the dataset or the protocol has another value
    "split.kind": "random",
    "classifier.images": 1_210_000,
    "reference.split": "train",
    "reference.images": 2000,
    "objective.penalty_share": 1.0,
    "objective.pixel_weight": 0.0,
    "train.beta2_end": None,
    "train.ema_ramp": 0.05,
    "generate.samples": 2000,
}
OF_LARGE_IMAGES = {  # of at least so many pixels a side
    64: Registered("nashgan.recipes.authors:FFHQ64"),
    256: Registered("nashgan.recipes.authors:FFHQ256"),
}
OF_A_QUESTION = {  # by the space and the parameter that asks it
    ("image", "data", "given"): Registered("nashgan.recipes.restore:RECIPE"),
    ("video", "data", "given"): Registered("nashgan.recipes.restore_video:RECIPE"),
    ("image", "data", "other"): Registered("nashgan.recipes.translate:RECIPE"),
    ("image", "objective", "labelled"): Registered("nashgan.recipes.few_labels:RECIPE"),
}
AUTO = "auto"
OF_THE_PENALTY = {  # null with another penalty
    "objective.penalty_weight": None,
    "objective.penalty_weight_end": None,
    "objective.penalty_share": ANY["objective.penalty_share"],
}
ENDS = {
    "objective.penalty_weight": "objective.penalty_weight_end",
    "train.beta2": "train.beta2_end",
}  # of a value, its end: null with another start than the recipe's


def resolved(values: Mapping[Any, Any]) -> dict[Any, Any]:
    """The nested `values` of params.yaml, with each `auto` replaced that a recipe knows.

    The recipe depends on the space, on the question, on the datasets and on the protocol that they name. The weight of
    the recipe's penalty is not taken for another penalty. The end of a value is not taken for another start. Where the
    dataset is not known, the recipe of images is taken. Nothing else is checked here.
    """
    recipe: dict[str, Any] = ANY | RECIPES[_space(values)].load() | _of_the_datasets(values) | _of_the_protocol(values)
    objective = values.get("objective")
    if _space(values) == "image":
        recipe |= _of_the_size(values)
    for (space, section, key), asked in OF_A_QUESTION.items():
        part = values.get(section)
        if space == _space(values) and isinstance(part, Mapping) and part.get(key):
            recipe |= asked.load()
    if isinstance(objective, Mapping) and objective.get("penalty") not in (AUTO, recipe["objective.penalty"]):
        recipe |= OF_THE_PENALTY
    recipe |= {end: None for start, end in ENDS.items() if _value(values, start) != AUTO}
    return {
        section: {key: recipe.get(f"{section}.{key}", value) if value == AUTO else value for key, value in part.items()}
        if isinstance(part, Mapping)
        else part
        for section, part in values.items()
    }


def _of_the_size(values: Mapping[Any, Any]) -> dict[str, Any]:
    size = _value(values, "data.image_size")
    reached = [side for side in OF_LARGE_IMAGES if isinstance(size, int) and side <= size]
    found: dict[str, Any] = OF_LARGE_IMAGES[max(reached)].load() if reached else {}
    return found


def _value(values: Mapping[Any, Any], name: str) -> object:
    """The value of ``section.key``; `AUTO` where there is none."""
    section, key = name.split(".")
    part = values.get(section)
    return part.get(key, AUTO) if isinstance(part, Mapping) else AUTO


def _of_the_datasets(values: Mapping[Any, Any]) -> dict[str, Any]:
    data = values.get("data")
    names = [name for key in ("name", "other") if isinstance(data, Mapping) and (name := data.get(key))]
    published = [isinstance(name, str) and name in DATASETS and DATASETS[name].official_test for name in names]
    return {"split.kind": "official"} if published and all(published) else {}


def _of_the_protocol(values: Mapping[Any, Any]) -> dict[str, Any]:
    reference = values.get("reference")
    name = reference.get("protocol") if isinstance(reference, Mapping) else None
    return PROTOCOLS[name].parameters if isinstance(name, str) and name in PROTOCOLS else {}


def _space(values: Mapping[Any, Any]) -> str:
    data = values.get("data")
    name = data.get("name") if isinstance(data, Mapping) else None
    return family(DATASETS[name].space) if isinstance(name, str) and name in DATASETS else "image"
