"""The file of a search: which parameters are searched between which limits, by which metric, and when trials end."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Discriminator, Field, Tag, ValidationError, field_validator, model_validator

from nashgan.params import fault_in, parse_params, read_values
from nashgan.records.train_run import flat_params
from nashgan.runtime.errors import UserError, first_fault
from nashgan.runtime.settings import Count, Number, Section, Seed

NOT_SEARCHED = {"train.until": "the search sets it"}

Value = bool | int | float | str | None  # of a parameter


class Range(Section):
    """Numbers from `low` to `high`, whole ones where both ends are. With `log`, each power of ten is as likely."""

    low: Number
    high: Number
    log: bool = False

    @model_validator(mode="after")
    def _be_in_order(self) -> "Range":
        if self.low >= self.high:
            raise ValueError(f"low: {self.low} is not below high: {self.high}")
        if self.log and self.low <= 0:
            raise ValueError(f"log: a logarithm needs low above 0, got {self.low}")
        return self

    @property
    def whole(self) -> bool:
        """Whether the numbers are whole."""
        return isinstance(self.low, int) and isinstance(self.high, int)


def _kind(searched: object) -> str:
    return "choices" if isinstance(searched, list) else "range"


Choices = Annotated[list[Value], Field(min_length=2)]
Searched = Annotated[Annotated[Range, Tag("range")] | Annotated[Choices, Tag("choices")], Discriminator(_kind)]


class Space(Section):
    """What a study searches, and how."""

    metric: str = Field(min_length=1)  # of the evaluation
    direction: Literal["minimize", "maximize"] = "minimize"
    trials: Annotated[int, Field(ge=1)]
    rungs: tuple[Count, ...] = ()  # images seen after which trials are compared, in rising order
    reduction_factor: Annotated[int, Field(ge=2)] = 3  # at a rung one of so many trials goes on
    seed: Seed = 0
    parameters: dict[str, Searched] = Field(min_length=1)

    @field_validator("rungs", mode="before")
    @classmethod
    def _is_a_list(cls, rungs: object) -> object:
        return tuple(rungs) if isinstance(rungs, list) else rungs  # a strict section takes no list for a tuple

    @model_validator(mode="after")
    def _rise(self) -> "Space":
        if list(self.rungs) != sorted(set(self.rungs)):
            raise ValueError("rungs: the numbers must rise")
        for name, choices in self.parameters.items():
            if isinstance(choices, list) and len({repr(one) for one in choices}) < len(choices):
                raise ValueError(f"parameters: {name}: a value is named twice")
        return self


def read_space(path: Path, values: Mapping[str, Any]) -> Space:
    """The space in the file at `path`. `values` are those of params.yaml, section by section.

    Raises UserError where the file is missing or wrong, and where a parameter cannot have one of the values.
    """
    try:
        content = read_values(path)
    except FileNotFoundError:
        raise UserError(f"{path}: not found; docs/search.md shows an example") from None
    try:
        space = Space.model_validate(content)
    except ValidationError as error:
        raise UserError(f"{path}: {first_fault(error)}") from None
    known = flat_params(values)
    for name, searched in space.parameters.items():
        if name in NOT_SEARCHED or name not in known:
            raise UserError(f"{path}: parameters: {name}: {_refusal(name, known)}")
        for value in (searched.low, searched.high) if isinstance(searched, Range) else searched:
            if fault := fault_in(changed(values, {name: value}), name, f"{path}: parameters"):
                raise UserError(fault)
    return space


def changed(values: Mapping[str, Any], changes: Mapping[str, Value]) -> dict[str, Any]:
    """The nested `values` of params.yaml with the `changes`, which are flat: ``{"train.images": 320000}``."""
    copy: dict[str, Any] = yaml.safe_load(yaml.safe_dump(dict(values)))
    for name, value in changes.items():
        *sections, key = name.split(".")
        place = copy
        for section in sections:
            place = place[section]
        place[key] = value
    return copy


def ends_of(space: Space, values: Mapping[str, Any], params: Mapping[str, Value]) -> list[int]:
    """The images after which a trial with the parameters `params` is measured: its rungs, and its end.

    Raises UserError as `parse_params`.
    """
    images = parse_params(changed(values, params)).train.images
    return [*(rung for rung in space.rungs if rung < images), images]


def _refusal(name: str, known: Mapping[str, Any]) -> str:
    if name in NOT_SEARCHED:
        return f"{NOT_SEARCHED[name]}; leave it out"
    close = difflib.get_close_matches(name, known, 1)
    return "no parameter of params.yaml" + (f"; is {close[0]} meant?" if close else "; name one as train.lr_generator")
