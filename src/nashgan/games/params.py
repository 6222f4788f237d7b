"""What a game needs to know of the section train of params.yaml."""

from typing import Annotated

from pydantic import Field

from nashgan.runtime.settings import Count, Decay, HalfLife, Rate, Section, Seed


class LearningParams(Section):
    """Seed, batch and optimizers. The section train has these and how long, how often and where."""

    seed: Seed
    images: Count  # length of the training
    batch: Annotated[int, Field(ge=2)]
    lr_generator: Rate
    lr_discriminator: Rate
    beta1: Decay
    beta2: Decay
    ema_half_life: HalfLife | None  # images; null: as its ramp has it; 0: no averaging
