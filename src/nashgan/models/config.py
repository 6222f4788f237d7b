"""The configuration of a player, from which the network is built."""

from typing import Annotated, Protocol, runtime_checkable

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from torch import nn

from nashgan.models import DISCRIMINATORS, MODELS
from nashgan.models.classifying import ClassifyingDiscriminator
from nashgan.models.discriminator import LayeredDiscriminator
from nashgan.models.paired import Paired, pair_space
from nashgan.records.examples import ExampleFormat
from nashgan.records.given import Given
from nashgan.runtime.errors import UserError
from nashgan.spaces import space_of
from nashgan.spaces.space import Space


def _of_a_known_space(examples: ExampleFormat) -> ExampleFormat:
    space_of(examples)
    return examples


class ModelConfig(BaseModel):
    """Which network it is, for which examples, and how large."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    examples: Annotated[ExampleFormat, AfterValidator(_of_a_known_space)]
    latent: int = Field(ge=1, le=65536, strict=True)
    width: int = Field(ge=1, le=65536, strict=True)
    classes: int = Field(default=0, ge=0, le=65536, strict=True)  # 0: unconditional
    answers: int = Field(default=0, ge=0, le=65536, strict=True)  # classes that the discriminator names; 0: none
    given: Given | None = None  # images that are restored or translated; None: nothing is given but z and a class
    histogram: tuple[Annotated[int, Field(ge=0)], ...] | None = None  # training examples of each of `classes`

    @model_validator(mode="after")
    def _count_each_class(self) -> "ModelConfig":
        if self.histogram is not None and (len(self.histogram) != self.classes or not sum(self.histogram)):
            raise ValueError(f"histogram: must count the examples of {self.classes} classes")
        return self

    @property
    def space(self) -> Space:
        """The space that the examples belong to."""
        return space_of(self.examples)

    def classes_drawn(self, labelled: bool) -> str:
        """The part of a protocol that says in which proportions the classes of the samples are drawn.

        They are those of the training split; without a histogram they are equal. Empty where real examples are not
        `labelled`, or where samples are made of given images.
        """
        if not labelled or self.given:
            return ""
        return "classes=equal" if self.classes and self.histogram is None else "classes=train"


def build_generator(config: ModelConfig) -> nn.Module:
    """A new generator with weights from torch's current random state. Raises UserError for an unknown name."""
    if config.name not in MODELS:
        raise UserError(f"unknown model {config.name!r} (known: {', '.join(sorted(MODELS))})")
    make = MODELS[config.name].load()
    generator: nn.Module = make(config.space, config.latent, config.width, config.classes)
    return generator


def build_discriminator(config: ModelConfig) -> nn.Module:
    """A new discriminator with weights from torch's current random state.

    Raises UserError for an unknown name, and where it is to name classes and cannot.
    """
    if config.name not in DISCRIMINATORS:
        raise UserError(f"unknown discriminator {config.name!r} (known: {', '.join(sorted(DISCRIMINATORS))})")
    make = DISCRIMINATORS[config.name].load()
    if config.given and config.given.paired:  # it sees an image beside the degraded one
        return Paired(make(pair_space(config.space), config.width, config.classes))
    discriminator: nn.Module = make(config.space, config.width, config.classes)
    if not config.answers:
        return discriminator
    if not isinstance(discriminator, LayeredDiscriminator):
        raise UserError(
            f"params.yaml: model.discriminator: {config.name!r} has no layer that could name classes; choose conv"
        )
    return ClassifyingDiscriminator(discriminator, config.answers)


@runtime_checkable
class AdvisesOnWidth(Protocol):
    """A class of networks that some widths do not suit."""

    @staticmethod
    def width_advice(space: Space, width: int) -> str | None:
        """Why `width` does not suit, and which one does, as a message; None where it suits."""


def width_advice(config: ModelConfig, discriminator: str | None) -> str | None:
    """Why the width does not suit the model of `config` or the discriminator of that name; None where it suits."""
    networks = [MODELS[config.name].load()]
    networks += [DISCRIMINATORS[discriminator].load()] if discriminator else []
    advice = [one.width_advice(config.space, config.width) for one in networks if isinstance(one, AdvisesOnWidth)]
    return next(filter(None, advice), None)
