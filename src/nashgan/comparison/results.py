"""One row of a comparison: a training with its evaluation, wherever it is kept."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter, ValidationError, model_validator

from nashgan.params import Count, Rate
from nashgan.runtime.errors import UserError, first_fault

METRICS = ("fid", "fcd")  # lower is better
_WRITTEN = TypeAdapter(Annotated[Count | Rate | str, Field(union_mode="left_to_right")])


class Metric(BaseModel):
    """One number of reports/evaluation.json, or the mean of several seeds' with its standard deviation."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    value: FiniteFloat | None  # null: not finite
    protocol: str
    floor: FiniteFloat | None = None
    interval: tuple[FiniteFloat, FiniteFloat] | None = None
    deviation: FiniteFloat | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Metric":
        if self.interval and self.interval[0] > self.interval[1]:
            raise ValueError(f"interval {list(self.interval)} ends before it begins")
        return self


Metrics = Mapping[str, Metric]


@dataclass(frozen=True)
class Row:
    """What is compared. Times are means where several seeds are one row."""

    name: str
    source: str  # commit, experiment, workspace, MLflow run
    params: Mapping[str, Any]  # flat: {"train.images": 320000}
    metrics: Metrics  # of METRICS, those that were measured
    seconds: float | None  # of training
    img_s: float | None  # images a second, over the whole training
    strip: bytes | None  # PNG: a row of samples
    seeds: int = 1  # results in this row


def images_a_second(images: float | None, seconds: float | None) -> float | None:
    """Over the whole training; None where one of both is not known, or nothing was trained."""
    return images / seconds if images and seconds else None


def parse_evaluation(content: bytes, where: str) -> Metrics:
    """The metrics of an evaluation.json, found at `where`. Raises UserError for any other content."""
    values = parse_json(content, where)
    try:
        return TypeAdapter(dict[str, Metric]).validate_python({key: values[key] for key in METRICS if key in values})
    except ValidationError as error:
        raise UserError(f"{where}: {first_fault(error)}; run `dvc repro evaluate` there") from None


def parse_json(content: bytes, where: str) -> dict[str, Any]:
    """A JSON object. Raises UserError for any other content."""
    try:
        values = json.loads(content)
    except ValueError as error:
        raise UserError(f"{where}: not readable as JSON ({error}); make it again with `dvc repro`") from error
    if not isinstance(values, dict):
        raise UserError(f"{where}: not a JSON object; make it again with `dvc repro`")
    return values


def flat_params(params: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """``{"train": {"images": "320k"}}`` as ``{"train.images": 320000}``, so that equal settings look equal."""
    flat: dict[str, Any] = {}
    for key, value in params.items():
        if isinstance(value, Mapping):
            flat |= flat_params(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = _WRITTEN.validate_python(value) if isinstance(value, str) else value
    return flat
