"""The committed dvc.lock is of the committed params.yaml: whoever changes a default runs the pipeline anew."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).parents[1]


def chosen(params: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """The parameters of a stage, as dvc.lock has them: ``{"evaluate.seeds": 2}``."""
    values = {}
    for name in names:
        value: Any = params
        for part in name.split("."):
            value = value[part]
        values[name] = value
    return values


def test_every_stage_was_run_with_the_parameters_that_params_yaml_has() -> None:
    command = ["git", "ls-files", "--error-unmatch", "dvc.lock"]
    if subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=False).returncode:
        pytest.fail("dvc.lock is not committed: run `make repro`, then `git add dvc.lock reports` and commit")
    lock, pipeline, params = (
        yaml.safe_load((REPOSITORY / name).read_text()) for name in ("dvc.lock", "dvc.yaml", "params.yaml")
    )
    assert lock["stages"].keys() == pipeline["stages"].keys()
    for name, stage in pipeline["stages"].items():
        recorded = lock["stages"][name].get("params", {}).get("params.yaml", {})
        assert recorded == chosen(params, stage.get("params", [])), (
            f"stage {name}: run `make repro` and commit dvc.lock"
        )
