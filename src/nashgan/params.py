"""The schema of params.yaml: one section a stage, validated whole before any stage does anything."""

import math
import re
import reprlib
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from nashgan.data import DATASETS
from nashgan.models import DISCRIMINATORS, GENERATORS, KNOW_NO_CLASSES, NOT_ADVERSARIAL, PARTNERS
from nashgan.objectives import LOSSES, PENALTIES
from nashgan.objectives.compatibility import check_pair
from nashgan.runtime.errors import UserError


def _parse_count(value: object) -> object:
    """Read 320k or 1.5M as a number of images; anything else is left to pydantic."""
    if isinstance(value, str) and (match := re.fullmatch(r"(\d+(?:\.\d+)?)([kM])", value.strip())):
        count = float(match[1]) * {"k": 1_000, "M": 1_000_000}[match[2]]
        return int(count) if count.is_integer() else value
    return value


def _parse_interval(value: object) -> object:
    """As `_parse_count`; nothing is never."""
    return 0 if value is None else _parse_count(value)


def _parse_rate(value: object) -> object:
    """Read 2e-4 as a number: YAML 1.1, which PyYAML follows, takes it for text without a decimal point."""
    if isinstance(value, str) and re.fullmatch(r"\d+(?:\.\d*)?[eE][+-]?\d+", value.strip()):
        return float(value)
    return value


def _registered(kind: str, names: dict[str, str], *more: str) -> AfterValidator:
    known = sorted([*names, *more])

    def check(name: str) -> str:
        if name not in known:
            raise ValueError(f"unknown {kind} {name!r} (known: {', '.join(known)})")
        return name

    return AfterValidator(check)


Count = Annotated[int, BeforeValidator(_parse_count), Field(gt=0)]  # images, also written 320k or 1.5M
Interval = Annotated[int, BeforeValidator(_parse_interval), Field(ge=0)]  # images; 0 or null: never
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
Rate = Annotated[float, BeforeValidator(_parse_rate), Field(gt=0, allow_inf_nan=False)]
Beta = Annotated[float, Field(ge=0, lt=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class DataParams(_Section):
    name: Annotated[str, _registered("dataset", DATASETS)]
    path: str  # dataset `folder`: a directory tree or a zip of images
    root: str | None  # a folder in torchvision's layout, used before any download
    mirror: list[str]  # base addresses or local folders, tried in order before a dataset's own hosts
    image_size: Annotated[int, Field(ge=8, le=1024)]
    channels: Literal[1, 3] | None  # null: as the dataset has them
    max_unreadable: Annotated[int, Field(ge=0)]  # unreadable image files tolerated


class SplitParams(_Section):
    seed: Seed
    validation: Fraction
    test: Fraction

    @model_validator(mode="after")
    def _leave_something_to_train_on(self) -> "SplitParams":
        if self.validation + self.test >= 1:
            raise ValueError(f"validation + test must be below 1, got {self.validation + self.test:g}")
        return self


class ClassifierParams(_Section):
    seed: Seed
    images: Count
    batch: Annotated[int, Field(ge=2)]
    lr: Rate


class ReferenceParams(_Section):
    split: Literal["train", "validation", "test"]
    images: Annotated[Count, Field(ge=2)]  # at most; as many others for the floor


class ModelParams(_Section):
    name: Annotated[str, _registered("model", GENERATORS | NOT_ADVERSARIAL)]
    discriminator: Annotated[str, _registered("discriminator", DISCRIMINATORS, "auto")]  # auto: the generator's partner
    latent: Annotated[int, Field(ge=1)]
    width: Annotated[int, Field(ge=1)]  # feature maps at the highest resolution
    conditional: bool | Literal["auto"]  # learn to draw a given class; auto: where there are labels
    beta: Rate  # vae: weight of the KL term

    @model_validator(mode="after")
    def _refuse_classes_where_there_are_none(self) -> "ModelParams":
        if self.name in KNOW_NO_CLASSES and self.conditional is True:
            raise ValueError(f"model {self.name!r} knows no classes; set conditional: auto or false")
        return self

    @property
    def adversarial(self) -> bool:
        """Whether there is a discriminator; without one, `discriminator` and all of `objective` say nothing."""
        return self.name in GENERATORS

    @property
    def discriminator_name(self) -> str:
        return PARTNERS[self.name] if self.discriminator == "auto" else self.discriminator

    @property
    def partner_name(self) -> str:
        """Whom the model learns with: its discriminator, or what else its name stands for."""
        return self.discriminator_name if self.adversarial else self.name


class ObjectiveParams(_Section):
    loss: Annotated[str, _registered("loss", LOSSES)]
    penalty: Annotated[str, _registered("penalty", PENALTIES, "none")]
    penalty_weight: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None  # null: the paper's
    d_steps: Annotated[int, Field(ge=1)]  # discriminator steps before each generator step


class WatchdogParams(_Section):
    explosion: Annotated[float, Field(gt=1, allow_inf_nan=False)]  # times the median gradient norm
    collapse: Fraction  # of the distance between real images
    max_rollbacks: Annotated[int, Field(ge=0)]


class TrainParams(_Section):
    seed: Seed
    images: Count
    batch: Annotated[int, Field(ge=2)]
    lr_generator: Rate
    lr_discriminator: Rate
    lr_end: Annotated[float, Field(gt=0, le=1)]  # of the learning rates, reached along half a cosine
    beta1: Beta
    beta2: Beta
    ema_half_life: Annotated[int, BeforeValidator(_parse_count), Field(ge=0)]  # images; 0: no averaging
    device: Literal["auto", "cpu", "cuda", "mps"]
    precision: Literal["auto", "fp32", "bf16"]
    log_every: Count
    sample_every: Count
    evaluate_every: Interval
    keep: Literal["last", "best"]
    checkpoint_every: Count
    watchdog: WatchdogParams

    @model_validator(mode="after")
    def _know_what_is_best(self) -> "TrainParams":
        if self.keep == "best" and not self.evaluate_every:
            raise ValueError("keep: best needs the measurements of evaluate_every; set a number of images")
        return self


class GenerateParams(_Section):
    seed: Seed
    samples: Annotated[Count, Field(ge=2)]


class EvaluateParams(_Section):
    inception_weights: str | None
    seeds: Annotated[int, Field(ge=0)]  # other generation seeds that are measured too, by the classifier
    inception_again: bool  # by Inception, too


class RegisterParams(_Section):
    name: Annotated[str, Field(min_length=1, pattern=r"^[^/:]+$")]


class Params(_Section):
    """All of params.yaml."""

    data: DataParams
    split: SplitParams
    classifier: ClassifierParams
    reference: ReferenceParams
    model: ModelParams
    objective: ObjectiveParams
    train: TrainParams
    generate: GenerateParams
    evaluate: EvaluateParams
    register_: Annotated[RegisterParams, Field(alias="register")]  # `register` is a method of pydantic's metaclass

    @model_validator(mode="after")
    def _refuse_senseless_games(self) -> "Params":
        if not self.model.adversarial:
            return self
        try:
            check_pair(self.objective.loss, self.objective.penalty, self.model.discriminator_name)
        except ValueError as error:
            raise ValueError(f"objective: {error}") from None
        return self


SHOWN = 12  # faults that are named
REPR = reprlib.Repr()  # with aliases, a few lines of YAML are a list of lists of lists of billions
REPR.maxstring = REPR.maxlong = REPR.maxother = 100


class _Loader(yaml.SafeLoader):
    """Safe loading that refuses a key written twice: YAML forbids it, PyYAML takes the last value."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node, lines = super().compose_mapping_node(anchor), dict[tuple[str, str], int]()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":  # of two merges none is lost
                name, line = (key.tag, key.value), key.start_mark.line + 1
                if name in lines:
                    where = f"in line {lines[name]} and in line {line}"
                    raise ValueError(f"{_shown(key.value)} is written twice, {where}; remove one")
                lines[name] = line
        return node


def load_params(path: Path) -> Params:
    """Read and validate params.yaml. Every fault is a UserError that names the file, the key and what it must be."""
    try:
        values = _Loader(path.read_text(encoding="utf-8")).get_single_data()
    except FileNotFoundError:
        raise UserError(f"{path}: not found; run this inside a nashgan repository") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path.name}: not readable: {error}") from error
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError) as error:
        # the loader passes on what its tags raise: of `2026-13-01` a ValueError, of `!!bool maybe` a KeyError
        raise UserError(f"{path.name}: not valid YAML: {_one_line(error)}") from error
    if not isinstance(values, dict):
        raise UserError(f"{path.name}: must be a mapping of sections, is {_shown(values)}")
    return parse_params(values, path.name)


def parse_params(values: dict[Any, Any], source: str = "params.yaml") -> Params:
    """Validate `values`. All faults come in one UserError, separated by semicolons."""
    try:
        return Params.model_validate(values)
    except ValidationError as error:
        faults = [_fault(fault, source) for fault in error.errors(include_url=False)]
        more = [f"and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
        raise UserError("; ".join([*faults[:SHOWN], *more])) from None
    except RecursionError:
        raise UserError(f"{source}: refers to itself") from None


def _fault(fault: Any, source: str) -> str:
    where = ".".join(part if _is_name(part) else _shown(part) for part in fault["loc"])
    message = {"missing": "is missing", "extra_forbidden": "is not a known parameter"}.get(fault["type"])
    if message is None:
        message = fault["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
        if fault["type"] != "value_error":
            message = f"{message}, got {_shown(fault['input'])}"
    return f"{source}: {where}: {message}" if where else f"{source}: {message}"


def _one_line(error: Exception) -> str:
    """What YAML says, which quotes the file: invisible characters as their escapes."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in " ".join(str(error).split()))


def _is_name(part: object) -> bool:
    return isinstance(part, str) and len(part) <= 60 and part.isidentifier()


def _shown(value: object) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    try:
        text = " ".join(REPR.repr(value).split())
    except ValueError:  # Python does not write out an integer of thousands of digits
        return "a number of thousands of digits"
    return text if len(text) <= 60 else text[:57] + "..."
