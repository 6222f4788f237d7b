"""The schema of params.yaml: composed from the sections that the packages own, validated whole before anything runs."""

import math
import reprlib
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError, model_validator

from nashgan.data import DATASETS
from nashgan.data.params import DataParams, SplitParams
from nashgan.evaluation.params import EvaluateParams, ReferenceParams, check_protocol
from nashgan.features.params import ClassifierParams
from nashgan.games import GAMES, game_name
from nashgan.models.params import GenerateParams, ModelParams
from nashgan.objectives.compatibility import (
    check_augment,
    check_encoder,
    check_few_labels,
    check_given,
    check_layout,
    check_one_question,
    check_pair,
    check_sides,
)
from nashgan.objectives.params import ObjectiveParams
from nashgan.recipes import resolved
from nashgan.runtime.compute import ComputeParams, check_division
from nashgan.runtime.errors import UserError
from nashgan.runtime.settings import Section
from nashgan.spaces import SPACES
from nashgan.tracking.params import RegisterParams
from nashgan.training.params import TrainParams

MOVED = {
    "train.device": "compute.device",
    "split.own_test": "split.kind",
}  # keys of earlier versions, and where they are now


class Params(Section):
    """All of params.yaml."""

    compute: ComputeParams
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

    @property
    def labelled(self) -> int | None:
        """How many examples the discriminator is told the classes of; None where it does not name classes."""
        return self.objective.labelled if self.model.adversarial else None

    @model_validator(mode="after")
    def _refuse_senseless_games(self) -> "Params":
        discriminator, space = self.model.discriminator_name, DATASETS[self.data.name].space
        layout = SPACES[space].layout
        try:
            check_layout(self.data.name, space, self.model.name, discriminator)
        except ValueError as error:
            raise ValueError(f"model: {error}") from None
        data, model, objective = self.data, self.model, self.objective
        asked = {"data.given": data.given, "data.other": data.other, "model.encoder": model.encoder}
        check_one_question({**asked, "objective.labelled": objective.labelled})
        check_given(data.given, data.other, layout, model.name, objective.pixel_weight)
        if (data.given or data.other) and self.generate.correct != "none":
            raise ValueError(
                "generate.correct: it chooses among drawn images, and here no images are drawn; set it to none"
            )
        game = game_name(model.name, model.encoder, objective.labelled)
        try:
            check_augment(objective.augment, layout, game, GAMES[game].augments, bool(data.given or data.other))
        except ValueError as error:
            raise ValueError(f"objective.{error}") from None
        if self.train.from_ and not GAMES[game].begins_with:
            raise ValueError(f"train.from: the game {game!r} does not begin with the players of another; set null")
        if self.train.freeze_d and not self.train.from_:
            raise ValueError("train.freeze_d: new layers have to learn; set train.from, or 0")
        try:
            check_encoder(model.encoder, data.name, layout, model.name, objective.loss)
        except ValueError as error:
            raise ValueError(f"model.encoder: {error}") from None
        try:
            if objective.labelled:
                check_few_labels(data.name, layout, model.name, objective.loss, model.conditional)
            if discriminator is None:
                return self
            check_pair(objective.loss, objective.penalty, discriminator)
        except ValueError as error:
            raise ValueError(f"objective: {error}") from None
        return self

    @model_validator(mode="after")
    def _refuse_what_the_networks_are_not_made_for(self) -> "Params":
        side = self.data.image_size
        if SPACES[DATASETS[self.data.name].space].layout in ("image", "video") and self.data.fit != "keep":
            try:
                check_sides(side, side, self.model.name, self.model.discriminator_name)
            except ValueError as error:
                raise ValueError(f"data.{error}") from None
        return self

    @model_validator(mode="after")
    def _know_what_is_in_no_split(self) -> "Params":
        split = self.split
        if self.model.conditional is True and split.without_classes:
            raise ValueError(
                "model.conditional: the players cannot learn a class that split.without_classes leaves out; set auto "
                "or false"
            )
        empty = [] if split.validation else ["validation"]
        empty += ["test"] if split.kind == "random" and not split.test else []
        if self.reference.split in empty:
            name = self.reference.split
            raise ValueError(f"reference.split: split.{name} is 0, so there is nothing to compare with; set it above 0")
        if (self.data.given or self.data.other) and len(empty) == 2:
            raise ValueError("split: restoring and translating are measured on held-out images; set split.test above 0")
        return self

    @model_validator(mode="after")
    def _divide_the_shards(self) -> "Params":
        try:
            if self.compute.processes != "auto":
                check_division(self.compute.processes, self.train.shards)
        except ValueError as error:
            raise ValueError(f"compute.processes: {error}") from None
        return self

    @model_validator(mode="after")
    def _report_on_what_was_not_selected_by(self) -> "Params":
        selecting = {
            "train.keep: best": self.train.keep == "best",
            "train.patience": bool(self.train.patience),
            f"generate.correct: {self.generate.correct}": self.generate.correct != "none",
        }
        names = [name for name, selects in selecting.items() if selects]
        questions = self.data.given or self.data.other or self.model.encoder != "none"
        if names and not self.split.validation:
            raise ValueError(f"split.validation: {names[0]} selects by this split; set it above 0")
        if names and self.reference.split == "validation":
            raise ValueError(f"reference.split: {names[0]} selects by the validation split; set another split")
        if names and questions and self.split.kind == "random" and not self.split.test:
            raise ValueError(
                f"split.test: {names[0]} selects by the validation split, so the figures of data.given, data.other or "
                "model.encoder need a test split; set it above 0"
            )
        return self

    @model_validator(mode="after")
    def _know_the_published_sets(self) -> "Params":
        names = [name for name in (self.data.name, self.data.other) if name]
        missing = [name for name in names if not DATASETS[name].official_test]
        if self.split.kind == "official" and missing:
            raise ValueError(f"split.kind: dataset {missing[0]} has no published test set; set random")
        drawn = DATASETS[self.data.name].space == "image" and not self.data.given and not self.data.other
        if self.reference.images is None and not drawn:
            raise ValueError("reference: images: all and a protocol need images that are drawn; set auto and null")
        try:
            check_protocol(self.reference, self.generate.samples, self.split, not missing)
        except ValueError as error:
            raise ValueError(f"reference.{error}") from None
        return self


SHOWN = 12  # faults that are named
REPR = reprlib.Repr()  # with aliases, a few lines of YAML can stand for billions of entries
REPR.maxstring = REPR.maxlong = REPR.maxother = 100


class _Loader(yaml.SafeLoader):
    """Safe loading that refuses a key written twice: YAML forbids it, PyYAML takes the last value."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node, lines = super().compose_mapping_node(anchor), dict[tuple[str, str], int]()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":  # several merge keys are all applied
                name, line = (key.tag, key.value), key.start_mark.line + 1
                if name in lines:
                    where = f"in line {lines[name]} and in line {line}"
                    raise ValueError(f"{_shown(key.value)} is written twice, {where}; remove one")
                lines[name] = line
        return node


def load_params(path: Path) -> Params:
    """Read and validate params.yaml. Every fault is a UserError that names the file, the key and what it must be."""
    try:
        return parse_params(read_values(path), path.name)
    except FileNotFoundError:
        raise UserError(f"{path}: not found; run this inside a nashgan repository") from None


def read_values(path: Path) -> dict[Any, Any]:
    """The values of a YAML file of sections, unchecked. Raises UserError for another file, and FileNotFoundError."""
    try:
        values = _Loader(path.read_text(encoding="utf-8")).get_single_data()
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path.name}: not readable: {error}") from error
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError) as error:
        # the loader passes on what its tags raise: of `2026-13-01` a ValueError, of `!!bool maybe` a KeyError
        raise UserError(f"{path.name}: not valid YAML: {_one_line(error)}") from error
    if not isinstance(values, dict):
        raise UserError(f"{path.name}: must be a mapping of sections, is {_shown(values)}")
    return values


def parse_params(values: dict[Any, Any], source: str = "params.yaml") -> Params:
    """Validate `values`. All faults come in one UserError, separated by semicolons."""
    try:
        return Params.model_validate(resolved(values))
    except ValidationError as error:
        faults = [_fault(fault, source) for fault in error.errors(include_url=False)]
        more = [f"and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
        raise UserError("; ".join([*faults[:SHOWN], *more])) from None
    except RecursionError:
        raise UserError(f"{source}: refers to itself") from None


def fault_in(values: dict[Any, Any], name: str, source: str = "params.yaml") -> str | None:
    """What is wrong with the parameter `name` alone, as ``train.images``, whatever the others are; else None."""
    try:
        Params.model_validate(resolved(values))
    except ValidationError as error:
        found = (fault for fault in error.errors(include_url=False) if ".".join(map(str, fault["loc"])) == name)
        return next((_fault(fault, source) for fault in found), None)
    return None


def _fault(fault: Any, source: str) -> str:
    where = ".".join(part if _is_name(part) else _shown(part) for part in fault["loc"])
    message = {"missing": "is missing", "extra_forbidden": "is not a known parameter"}.get(fault["type"])
    if where in MOVED:
        message = f"is now {MOVED[where]}; move it there"
    if message is None:
        message = fault["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
        if fault["type"] != "value_error":
            message = f"{message}, got {_shown(fault['input'])}"
    return f"{source}: {where}: {message}" if where else f"{source}: {message}"


def _one_line(error: Exception) -> str:
    """The text of a YAML error in one line. It quotes the file, so invisible characters are escaped."""
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
