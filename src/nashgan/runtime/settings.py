"""The types of values in params.yaml, each with its limits. The sections of params.yaml are made of them."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


class Section(BaseModel):
    """A section of params.yaml. An unknown key is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _parse_count(value: object) -> object:
    """Read 320k or 1.5M as a number of images; anything else is left to pydantic."""
    if isinstance(value, str) and (match := re.fullmatch(r"(\d+(?:\.\d+)?)([kM])", value.strip())):
        count = float(match[1]) * {"k": 1_000, "M": 1_000_000}[match[2]]
        return int(count) if count.is_integer() else value
    return value


def _parse_period(value: object) -> object:
    """As `_parse_count`; null stands for never and becomes 0."""
    return 0 if value is None else _parse_count(value)


def _parse_rate(value: object) -> object:
    """Read 2e-4 as a number. PyYAML follows YAML 1.1, where a number with an exponent needs a decimal point."""
    if isinstance(value, str) and re.fullmatch(r"\d+(?:\.\d*)?[eE][+-]?\d+", value.strip()):
        return float(value)
    return value


def registered(kind: str, names: Mapping[str, object], *more: str) -> AfterValidator:
    """A validator that accepts the names of a registry, and `more`."""
    known = sorted([*names, *more])

    def check(name: str) -> str:
        if name not in known:
            raise ValueError(f"unknown {kind} {name!r} (known: {', '.join(known)})")
        return name

    return AfterValidator(check)


Count = Annotated[int, BeforeValidator(_parse_count), Field(gt=0)]  # images, also written 320k or 1.5M
HalfLife = Annotated[int, BeforeValidator(_parse_count), Field(ge=0)]  # images
Period = Annotated[int, BeforeValidator(_parse_period), Field(ge=0)]  # images; 0 or null: never
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
Rate = Annotated[float, BeforeValidator(_parse_rate), Field(gt=0, allow_inf_nan=False)]
Number = Annotated[
    int | Annotated[float, Field(allow_inf_nan=False)], BeforeValidator(_parse_count), BeforeValidator(_parse_rate)
]  # a rate or a count
Decay = Annotated[float, Field(ge=0, lt=1)]  # of Adam's moments
