"""The section objective of params.yaml."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from nashgan.objectives import AUGMENTATIONS, LOSSES, PENALTIES
from nashgan.runtime.settings import Count, Section, registered


def _known(augment: str) -> str:
    """Names joined by +, or none. Raises ValueError for one that is not known or named twice."""
    names = augmentations(augment)
    for name in names:
        if name not in AUGMENTATIONS:
            known = ", ".join(sorted(AUGMENTATIONS))
            raise ValueError(f"unknown augmentation {name!r}; choose none, {known}, or several joined by +")
    if len(set(names)) < len(names):
        raise ValueError(f"{augment!r} names an augmentation twice")
    return augment


def _probability(value: object) -> object:
    number = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1
    if not number and value != "adaptive":
        raise ValueError("must be a number above 0 and at most 1, or adaptive")
    return value


def augmentations(augment: str) -> tuple[str, ...]:
    """The names in `augment`, in the order in which they are applied."""
    names = () if augment == "none" else tuple(name.strip() for name in augment.split("+"))
    order = list(AUGMENTATIONS)
    return tuple(sorted(names, key=lambda name: order.index(name) if name in order else -1))


class ObjectiveParams(Section):
    """What the two players of an adversarial model minimise."""

    loss: Annotated[str, registered("loss", LOSSES)]
    penalty: Annotated[str, registered("penalty", PENALTIES, "none")]
    penalty_weight: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None  # null: the penalty's own
    penalty_weight_end: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None  # reached at the end; null: no change
    penalty_share: Annotated[float, Field(gt=0, le=1)]  # of the pairs in a batch, at which a gradient penalty is taken
    pixel_weight: Annotated[float, Field(ge=0, allow_inf_nan=False)]  # of the distance from the true image
    d_steps: Annotated[int, Field(ge=1)]  # discriminator steps before each generator step
    labelled: Annotated[Count, Field(ge=2)] | None  # examples whose class D is told, and learns to name; null: none
    augment: Annotated[str, AfterValidator(_known)]  # what D sees of an image; none, or names joined by +
    augment_p: Annotated[float | Literal["adaptive"], BeforeValidator(_probability)]  # of each, for each image
    augment_target: Annotated[float, Field(gt=0, lt=1)]  # adaptive: of the mean sign of D's answers to real images
    augment_speed: Count  # adaptive: images in which the probability can rise from 0 to 1
