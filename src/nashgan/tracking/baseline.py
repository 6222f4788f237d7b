"""The commit that an experiment is based on: its parameters, and which of the experiment's are others."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import yaml

from nashgan.recipes import resolved
from nashgan.records.paths import Paths
from nashgan.records.train_run import flat_params
from nashgan.runtime.errors import UserError
from nashgan.runtime.git import ask_git
from nashgan.runtime.settings import Period
from nashgan.training.params import TrainParams

Differences = Mapping[str, tuple[str, str]]  # a parameter, ``train.seed``: its value in the baseline, its own
PERIODS = {  # where null is 0
    f"train.{name}" for name, field in TrainParams.model_fields.items() if get_args(Period)[1] in field.metadata
}


def differences(root: Path, commit: str | None, params: Mapping[str, Any]) -> Differences | None:
    """Which of `params` (nested) differ from params.yaml of `commit`; None where that file is not known.

    Parameters that one of both does not have are left out: another version of nashgan added or removed them.
    """
    baseline = _params(root, commit) if commit else None
    if baseline is None:
        return None
    before, own = as_text(baseline), as_text(params)
    return {
        key: (before[key], own[key])
        for key in own
        if key in before and _value(key, before[key]) != _value(key, own[key])
    }


def as_text(params: Mapping[str, Any]) -> dict[str, str]:
    """``{"train": {"images": 320000}}`` as ``{"train.images": "320000"}``, null for None."""
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in flat_params(params).items()}


def _params(root: Path, commit: str) -> Mapping[str, Any] | None:
    """params.yaml as Git has it at `commit`, each `auto` resolved; None where it has no such file, or another one."""
    try:
        values = yaml.safe_load(ask_git(root, "show", f"{commit}:{Paths(root).params.name}") or b"")
    except (UserError, yaml.YAMLError, ValueError):  # without Git nothing is known
        return None
    return resolved(values) if isinstance(values, Mapping) else None


def _value(key: str, text: str) -> float | str:
    """``112k`` as 112000 and ``2e-4`` as 0.0002, so that equal settings are equal; other text as it is."""
    if key in PERIODS and text == "null":
        return 0.0
    number = re.fullmatch(r"([-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)([kM]?)", text.strip())
    return float(number[1]) * {"": 1, "k": 1e3, "M": 1e6}[number[2]] if number else text
