"""The section train of params.yaml."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from nashgan.games.params import LearningParams
from nashgan.runtime.settings import Count, Fraction, Period, Section


class WatchdogParams(Section):
    """When the watchdog speaks."""

    explosion: Annotated[float, Field(gt=1, allow_inf_nan=False)]  # times the median gradient norm
    collapse: Fraction  # of the distance between real images
    max_rollbacks: Annotated[int, Field(ge=0)]


class TrainParams(LearningParams):
    """How long to train, how precisely, and what is written on the way."""

    lr_end: Annotated[float, Field(gt=0, le=1)]  # of the learning rates, reached along half a cosine
    precision: Literal["auto", "fp32", "bf16"]
    log_every: Count
    sample_every: Count
    evaluate_every: Period
    keep: Literal["last", "best"]
    checkpoint_every: Count
    watchdog: WatchdogParams

    @model_validator(mode="after")
    def _know_what_is_best(self) -> "TrainParams":
        if self.keep == "best" and not self.evaluate_every:
            raise ValueError("keep: best needs the measurements of evaluate_every; set a number of images")
        return self
