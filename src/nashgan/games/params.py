"""What a game needs to know of the section train of params.yaml."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from nashgan.runtime.settings import Count, Decay, HalfLife, Rate, Section, Seed


class LearningParams(Section):
    """Seed, batch and optimizers. The section train has these and how long, how often and where."""

    seed: Seed
    images: Count  # length of the training
    batch: Annotated[int, Field(ge=2)]
    accumulate: Annotated[int, Field(ge=1)]  # parts of a batch, one after the other
    optimizer: Literal["adam", "sgd", "rmsprop"]
    lr_generator: Rate
    lr_discriminator: Rate
    beta1: Decay
    beta2: Decay
    clip_gradients: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None  # largest norm; null: any
    ema_half_life: HalfLife | None  # images; null: as its ramp has it; 0: no averaging

    @model_validator(mode="after")
    def _refuse_parts_that_differ(self) -> "LearningParams":
        if self.batch % self.accumulate:
            raise ValueError(f"accumulate: a batch of {self.batch} cannot be cut into {self.accumulate} equal parts")
        return self
