"""The sections reference and evaluate of params.yaml."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from nashgan.data.params import SplitParams
from nashgan.features import WITH_WEIGHTS
from nashgan.recipes.protocols import PROTOCOLS
from nashgan.records.names import Resizer, SplitName
from nashgan.runtime.settings import Count, Section, registered

ALL = "all"


class ReferenceParams(Section):
    """The real images that samples are compared with."""

    protocol: Annotated[str, registered("protocol", PROTOCOLS)] | None
    split: SplitName
    images: Annotated[  # at most, and as many others for the floor; None: the whole split
        Annotated[Count, Field(ge=2)] | None, BeforeValidator(lambda value: None if value == ALL else value)
    ]


def check_protocol(reference: ReferenceParams, samples: int, split: SplitParams, official_test: bool) -> None:
    """Raise ValueError where the sections state other numbers than the protocol, or the dataset is split otherwise.

    `samples` are to be drawn; `official_test` says whether the dataset is published with a test set.
    """
    name = reference.protocol
    if name is None:
        return
    stated, otherwise = PROTOCOLS[name], "or reference.protocol: null"
    if reference.split != stated.split:
        raise ValueError(f"split: {name} compares with {stated.split}; set auto, {otherwise}")
    if reference.images is not None:
        raise ValueError(f"images: {name} compares with the whole split; set auto, {otherwise}")
    if samples != stated.samples:
        raise ValueError(f"protocol: {name} draws {stated.samples:,} samples; set generate.samples: auto, {otherwise}")
    if stated.split == "test" and not official_test:
        raise ValueError(f"protocol: {name} needs a published test set, which this dataset does not have; set null")
    if official_test and split.kind != "official":
        raise ValueError(f"protocol: {name} needs the published sets; set split.kind: official, {otherwise}")
    if split.without_classes:
        raise ValueError(f"protocol: {name} needs all classes; set split.without_classes: [], {otherwise}")
    if stated.split == "train" and (split.validation or (split.test and not official_test)):
        zero = "split.validation: 0" if official_test else "split.validation: 0 and split.test: 0"
        raise ValueError(f"protocol: {name} compares with all training images; set {zero}, {otherwise}")


class EvaluateParams(Section):
    """Where the weights of networks are, how images reach Inception's size, which other samples are measured too."""

    inception_weights: str | None
    dinov2_weights: str | None
    clip_weights: str | None
    resizer: Resizer
    seeds: Annotated[int, Field(ge=0)]  # other generation seeds that are measured too, by the classifier
    inception_again: bool  # whether these are measured by all networks

    @property
    def weights(self) -> dict[str, str]:
        """The path of the weights of each network of `WITH_WEIGHTS` for which there are some."""
        paths = {name: getattr(self, f"{name}_weights") for name in WITH_WEIGHTS}
        return {name: path for name, path in paths.items() if path is not None}
