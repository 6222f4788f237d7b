"""The sections model and generate of params.yaml."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from nashgan.models import DISCRIMINATORS, MODELS
from nashgan.runtime.settings import Count, Rate, Section, Seed, registered


class ModelParams(Section):
    """Which networks are trained, and how large they are."""

    name: Annotated[str, registered("model", MODELS)]
    discriminator: Annotated[str, registered("discriminator", DISCRIMINATORS, "auto")]  # auto: the model's own partner
    latent: Annotated[int, Field(ge=1)]
    width: Annotated[int, Field(ge=1)]  # feature maps at the highest resolution
    conditional: bool | Literal["auto"]  # learn to draw a given class; auto: where there are labels
    encoder: Literal["none", "inverse", "adversarial"]  # how images become vectors again
    encoder_pixel_weight: Annotated[float, Field(ge=0, allow_inf_nan=False)]  # inverse: of the error of real images
    beta: Rate  # vae, vae_gan: weight of the KL term
    gamma: Rate  # vae_gan: weight of the reconstruction beside the game, for the decoder

    @model_validator(mode="after")
    def _refuse_classes_where_there_are_none(self) -> "ModelParams":
        if self.conditional is True and not MODELS[self.name].knows_classes:
            raise ValueError(f"model {self.name!r} knows no classes; set conditional: auto or false")
        return self

    @model_validator(mode="after")
    def _refuse_an_encoder_that_cannot_learn(self) -> "ModelParams":
        if self.encoder == "none":
            return self
        if not self.adversarial:
            own = "has an encoder of its own" if self.name == "vae" else "plays no game that an encoder can join"
            raise ValueError(f"model {self.name!r} {own}; set encoder: none")
        if self.conditional is True:
            raise ValueError("an encoder does not know the class of an image; set conditional: auto or false")
        return self

    @property
    def adversarial(self) -> bool:
        """Whether there is a discriminator. Without one, `discriminator` and all of `objective` have no effect."""
        return MODELS[self.name].discriminator is not None

    @property
    def discriminator_name(self) -> str | None:
        """The discriminator that is trained; None where there is none."""
        own = MODELS[self.name].discriminator
        return own if own is None or self.discriminator == "auto" else self.discriminator

    @property
    def partner_name(self) -> str:
        """The name of the network that the model learns with: its discriminator, or the model's own name."""
        name = self.discriminator_name or self.name
        return f"pairs:{name}" if self.encoder == "adversarial" else name


class GenerateParams(Section):
    """Which samples are drawn."""

    seed: Seed
    samples: Annotated[Count, Field(ge=2)]
    correct: Literal["none", "reject", "metropolis"]  # by the discriminator's score
    share: Annotated[float, Field(gt=0, lt=1)] | None  # of real examples, that must meet the requirement
    steps: Annotated[int, Field(ge=1)] | None  # largest number of steps towards it

    @model_validator(mode="after")
    def _refuse_a_share_without_requirement(self) -> "GenerateParams":
        if self.correct == "metropolis" and self.share is not None:
            raise ValueError("share has no effect with correct: metropolis, whose chains have no requirement; set null")
        return self
