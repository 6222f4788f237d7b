"""The sections data and split of params.yaml."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from nashgan.data import DATASETS
from nashgan.records.degradation import Degradation, Mask, Noise, Shrink, parse_kinds
from nashgan.runtime.settings import Fraction, Section, Seed, registered


class DataParams(Section):
    """Which dataset, from where, in which form."""

    name: Annotated[str, registered("dataset", DATASETS)]
    path: str  # dataset `folder`: a directory tree or a zip of images
    root: str | None  # a folder in torchvision's layout, used before any download
    mirror: list[str]  # base addresses or local folders, tried in order before a dataset's own hosts
    image_size: Annotated[int, Field(ge=8, le=1024)]  # of the shorter side; the models have limits of their own
    fit: Literal["crop", "pad", "keep"]  # how pictures of other proportions get one size
    channels: Literal[1, 3, 4] | None  # null: as the dataset has them, without alpha
    levels: Annotated[int, Field(ge=2, le=255)] | None  # of brightness; null: all 256 of a byte
    digits: Literal[1, 2]  # of `moving_digits`: in a clip
    max_unreadable: Annotated[int, Field(ge=0)]  # unreadable image files tolerated
    given: str | None  # what is done to the images that a generator restores; null: it is given none
    noise: Noise
    shrink: Shrink
    mask: Mask
    other: Annotated[str, registered("dataset", DATASETS)] | None  # whose images become like those of `name`

    @model_validator(mode="after")
    def _refuse_unknown_degradations(self) -> "DataParams":
        if self.given is not None:
            try:
                parse_kinds(self.given)
            except ValueError as error:
                raise ValueError(f"given: {error}") from None
        return self

    @model_validator(mode="after")
    def _refuse_what_does_not_fit(self) -> "DataParams":
        how, side = self.degradation, self.image_size
        if how and how.shrink and side % how.shrink:
            raise ValueError(f"shrink: {how.shrink} does not divide the {side} pixels of data.image_size")
        if how and how.mask and how.mask >= side:
            raise ValueError(f"mask: a box of {how.mask} × {how.mask} does not fit into {side} pixels, data.image_size")
        if how and "grey" in how.kinds and self.channels == 1:
            raise ValueError("given: grey takes the colours away, and data.channels: 1 has none; set null or 3")
        return self

    @classmethod
    def of_pictures(
        cls,
        path: Path,
        image_size: int,
        fit: Literal["crop", "keep"] = "crop",
        channels: Literal[1, 3, 4] | None = None,
        levels: int | None = None,
    ) -> "DataParams":
        """The section for pictures that a command reads beside the pipeline: each of them must be readable."""
        own: dict[str, Any] = {"name": "folder", "path": str(path), "image_size": image_size, "fit": fit}
        form = {"channels": channels, "levels": levels, "digits": 1}
        nothing: dict[str, Any] = {
            "root": None,
            "mirror": [],
            "max_unreadable": 0,
            "given": None,
            "noise": 1.0,
            "shrink": 2,
            "mask": 1,
            "other": None,
        }
        return cls.model_validate(own | form | nothing)

    @model_validator(mode="after")
    def _refuse_senseless_pairs(self) -> "DataParams":
        if self.other is None:
            return self
        if self.given is not None:
            raise ValueError("other: images are translated or restored; set data.given or data.other to null")
        if self.other == self.name:
            raise ValueError(f"other: {self.other!r} is data.name already; name another dataset, or null")
        if {DATASETS[self.other].space, DATASETS[self.name].space} != {"image"}:
            raise ValueError("other: only images are translated; choose two datasets of images, or null")
        return self

    @property
    def without_effect(self) -> set[str]:
        """The parameters of a degradation that is not asked for, by their full names."""
        kinds = () if self.given is None else parse_kinds(self.given)
        numbers = {"noisy": "noise", "small": "shrink", "masked": "mask"}
        return {f"data.{name}" for kind, name in numbers.items() if kind not in kinds}

    @property
    def degradation(self) -> Degradation | None:
        """What is done to the images that a generator restores, without the numbers that have no effect."""
        if self.given is None:
            return None
        kinds = parse_kinds(self.given)
        return Degradation(
            kinds=kinds,
            noise=self.noise if "noisy" in kinds else None,
            shrink=self.shrink if "small" in kinds else None,
            mask=self.mask if "masked" in kinds else None,
        )


class SplitParams(Section):
    """How the dataset is divided."""

    seed: Seed
    kind: Literal["official", "random"]  # official: the published test set is the test split, `test` has no effect
    validation: Fraction
    test: Fraction
    without_classes: list[Annotated[int, Field(ge=0)]]  # indices of classes that stand in no split

    @model_validator(mode="after")
    def _leave_something_to_train_on(self) -> "SplitParams":
        if self.kind == "random" and self.validation + self.test >= 1:
            raise ValueError(f"validation + test must be below 1, got {self.validation + self.test:g}")
        return self

    @property
    def without_effect(self) -> set[str]:
        """The parameter that an official split does not look at, by its full name."""
        return {"split.test"} if self.kind == "official" else set()
