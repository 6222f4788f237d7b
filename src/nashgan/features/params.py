"""The section classifier of params.yaml."""

from typing import Annotated

from pydantic import Field

from nashgan.runtime.settings import Count, Rate, Section, Seed


class ClassifierParams(Section):
    """The training of the classifier whose features serve `fcd`."""

    seed: Seed
    images: Count
    batch: Annotated[int, Field(ge=2)]
    lr: Rate
