"""The section train of params.yaml."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from nashgan.games.params import LearningParams
from nashgan.runtime.settings import Count, Fraction, Period, Section


class WatchdogParams(Section):
    """When the watchdog reports something."""

    explosion: Annotated[float, Field(gt=1, allow_inf_nan=False)]  # times the median gradient norm
    collapse: Fraction  # share of the mean distance between real images
    max_rollbacks: Annotated[int, Field(ge=0)]


class TrainParams(LearningParams):
    """How long to train, from where, how precisely, and what is written meanwhile."""

    model_config = ConfigDict(serialize_by_alias=True)

    from_: Annotated[str, Field(min_length=1)] | None = Field(alias="from")  # a folder, models:/…, or a revision
    lr_end: Annotated[float, Field(gt=0, le=1)]  # of the learning rates, reached along half a cosine
    warm_up: Period  # images over which the learning rates rise from 0
    until: Count | None  # images after which the training ends, in the middle of its schedules; null: at `images`
    precision: Literal["auto", "fp32", "bf16"]
    log_every: Count
    sample_every: Count
    evaluate_every: Period
    patience: Period  # images without a lower score, after which the training ends
    keep: Literal["last", "best"]
    checkpoint_every: Count
    watchdog: WatchdogParams

    @model_validator(mode="after")
    def _know_what_is_best(self) -> "TrainParams":
        if self.keep == "best" and not self.evaluate_every:
            raise ValueError("keep: best needs the measurements of evaluate_every; set a number of images")
        if self.patience and not self.evaluate_every:
            raise ValueError("patience needs the measurements of evaluate_every; set a number of images")
        return self

    @property
    def end(self) -> int:
        """The images at which the training ends."""
        return self.images if self.until is None else self.until

    @model_validator(mode="after")
    def _end_within_the_schedules(self) -> "TrainParams":
        if self.until is not None and self.until > self.images:
            raise ValueError(f"until: {self.until} images are more than the {self.images} of the training; set null")
        return self

    @model_validator(mode="after")
    def _refuse_to_warm_up_for_longer(self) -> "TrainParams":
        if self.warm_up > self.images:
            raise ValueError(f"warm_up: {self.warm_up} images are more than the {self.images} of the training")
        return self
