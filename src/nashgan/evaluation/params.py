"""The sections reference and evaluate of params.yaml."""

from typing import Annotated

from pydantic import Field

from nashgan.records.names import SplitName
from nashgan.runtime.settings import Count, Section


class ReferenceParams(Section):
    """The real images that samples are compared with."""

    split: SplitName
    images: Annotated[Count, Field(ge=2)]  # at most; as many others for the floor


class EvaluateParams(Section):
    """Where Inception's weights are, and which other samples are measured too."""

    inception_weights: str | None
    seeds: Annotated[int, Field(ge=0)]  # other generation seeds that are measured too, by the classifier
    inception_again: bool  # by Inception, too
