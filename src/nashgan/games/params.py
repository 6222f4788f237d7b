"""What a game needs to know of the section train of params.yaml."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from nashgan.runtime.settings import Count, Decay, HalfLife, Rate, Section, Seed


class LearningParams(Section):
    """Seed, length, batch, optimizers and running average. The section train has these and further parameters."""

    seed: Seed
    images: Count  # length of the training
    batch: Annotated[int, Field(ge=2)]
    shards: Annotated[int, Field(ge=1)]  # of a batch, which the processes divide among themselves
    accumulate: Annotated[int, Field(ge=1)]  # parts of a shard, one after the other
    optimizer: Literal["adam", "sgd", "rmsprop"]
    lr_generator: Rate
    lr_discriminator: Rate
    beta1: Decay
    beta2: Decay
    beta2_end: Decay | None  # reached at the end along half a cosine; null: no change
    freeze_d: Annotated[int, Field(ge=0)]  # first layers of D, whose weights stay those of train.from
    clip_gradients: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None  # largest norm; null: no limit
    ema_half_life: HalfLife | None  # images; null: the ramp alone; 0: no averaging
    ema_half_life_end: HalfLife | None  # reached at the end along half a cosine; null: no change
    ema_ramp: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None  # share of the images seen; null: no limit

    @model_validator(mode="after")
    def _refuse_parts_that_differ(self) -> "LearningParams":
        shard, what = self.batch // self.shards, "batch" if self.shards == 1 else "shard"
        if self.shards & (self.shards - 1):
            raise ValueError(f"shards: {self.shards} is not a power of two; set 1, 2, 4, 8 …")
        if self.batch % self.shards or shard < 2:
            raise ValueError(
                f"shards: a batch of {self.batch} cannot be cut into {self.shards} equal shards of 2 examples or more"
            )
        if shard % self.accumulate:
            raise ValueError(f"accumulate: a {what} of {shard} cannot be cut into {self.accumulate} equal parts")
        return self

    @model_validator(mode="after")
    def _refuse_an_average_of_no_length(self) -> "LearningParams":
        if self.ema_half_life is None and self.ema_ramp is None:
            raise ValueError("ema_half_life and ema_ramp: one of them must say how long the average is; 0: no average")
        if self.ema_half_life is None and self.ema_half_life_end is not None:
            raise ValueError("ema_half_life_end: ema_half_life must say what the half-life begins with; set a number")
        return self
