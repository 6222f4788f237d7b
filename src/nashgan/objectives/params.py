"""The section objective of params.yaml."""

from typing import Annotated

from pydantic import Field

from nashgan.objectives import LOSSES, PENALTIES
from nashgan.runtime.settings import Count, Section, registered


class ObjectiveParams(Section):
    """What the two players of an adversarial model minimise."""

    loss: Annotated[str, registered("loss", LOSSES)]
    penalty: Annotated[str, registered("penalty", PENALTIES, "none")]
    penalty_weight: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None  # null: the penalty's own
    penalty_weight_end: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None  # reached at the end; null: no change
    pixel_weight: Annotated[float, Field(ge=0, allow_inf_nan=False)]  # of the distance from the true image
    d_steps: Annotated[int, Field(ge=1)]  # discriminator steps before each generator step
    labelled: Annotated[Count, Field(ge=2)] | None  # examples whose class D is told, and learns to name; null: none
