"""One row of a comparison: a training with its evaluation, from DVC or from MLflow."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from nashgan.recipes import resolved
from nashgan.records.evaluation import Evaluation, Interval
from nashgan.records.headline import DISTANCES
from nashgan.records.train_run import flat_params
from nashgan.runtime.settings import Count, Rate

METRICS = tuple(DISTANCES)  # lower is better; each space has its own
_WRITTEN = TypeAdapter(Annotated[Count | Rate | str, Field(union_mode="left_to_right")])


@dataclass(frozen=True)
class Compared:
    """A metric of a result, or its mean over several seeds.

    The mean has a standard deviation, and its interval is one deviation on both sides.
    """

    value: float | None
    protocol: str
    floor: float | None = None
    interval: Interval | None = None
    deviation: float | None = None


def compared(evaluation: Evaluation) -> dict[str, Compared]:
    """The metrics of METRICS that were measured."""
    found = {name: evaluation[name] for name in METRICS if name in evaluation}
    return {name: Compared(one.value, one.protocol, one.floor, one.interval) for name, one in found.items()}


@dataclass(frozen=True)
class Row:
    """A result, or several that differ only in seeds; then metrics and times are means over them."""

    name: str
    source: str  # commit, experiment, workspace, MLflow run
    params: Mapping[str, Any]  # flat: {"train.images": 320000}
    metrics: Mapping[str, Compared]  # of METRICS, those that were measured
    seconds: float | None  # of training
    img_s: float | None  # images a second, over the whole training
    first_samples: bytes | None  # PNG: a row of samples
    seeds: int = 1  # results in this row


def images_a_second(images: float | None, seconds: float | None) -> float | None:
    """The speed over the whole training. None where one of the two is not known or is 0."""
    return images / seconds if images and seconds else None


def comparable_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """``{"train": {"images": "320k"}}`` as ``{"train.images": 320000}``, so that equal settings are equal values.

    Each `auto` becomes what it stands for.
    """
    flat = flat_params(resolved(params))
    return {key: _WRITTEN.validate_python(value) if isinstance(value, str) else value for key, value in flat.items()}
