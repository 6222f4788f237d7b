"""Every line of experiments/*.sh is a combination that the schema of params.yaml accepts."""

import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from nashgan.models import DISCRIMINATORS, GENERATORS, NOT_ADVERSARIAL
from nashgan.objectives import LOSSES, PENALTIES
from nashgan.params import Params, parse_params

REPOSITORY = Path(__file__).parents[2]
SCRIPTS = sorted((REPOSITORY / "experiments").glob("*.sh"))
QUEUE = ["dvc", "exp", "run", "--queue", "-n"]


def queued(script: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The name and the overrides of each experiment in a script."""
    for line in script.read_text().replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] != ["dvc"]:
            continue
        assert words[:5] == QUEUE and words[-1] == "$@", line
        options = words[6:-1]
        assert set(options[::2]) == {"-S"}, line
        yield words[5], dict(option.split("=", 1) for option in options[1::2])


def applied(overrides: dict[str, str]) -> Params:
    """params.yaml with overrides, which must name parameters that are there."""
    values = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    for key, value in overrides.items():
        section, name = key.split(".")
        assert name in values[section], key
        values[section][name] = yaml.safe_load(value)
    return parse_params(values)


EXPERIMENTS = [(script.stem, name, overrides) for script in SCRIPTS for name, overrides in queued(script)]


def test_the_sweeps_are_there_and_no_name_is_taken_twice() -> None:
    assert {script.stem for script in SCRIPTS} >= {
        "collapse", "discriminators", "explosion", "families", "losses", "penalties"
    }  # fmt: skip
    names = [name for _, name, _ in EXPERIMENTS]
    assert len(set(names)) == len(names)
    assert all(name.startswith(f"{script}-") for script, name, _ in EXPERIMENTS)


@pytest.mark.parametrize(("script", "name", "overrides"), EXPERIMENTS, ids=[name for _, name, _ in EXPERIMENTS])
def test_the_combination_is_accepted_and_said_in_full(script: str, name: str, overrides: dict[str, str]) -> None:
    game = (
        {"model.discriminator", "objective.loss", "objective.penalty"}
        if applied(overrides).model.adversarial
        else set()
    )
    assert {"model.name"} | game <= set(overrides)  # whatever the defaults become


def test_every_family_loss_penalty_and_discriminator_is_queued() -> None:
    families = {overrides["model.name"] for script, _, overrides in EXPERIMENTS if script == "families"}
    partners = {overrides["model.discriminator"] for script, _, overrides in EXPERIMENTS if script == "discriminators"}
    losses = {overrides["objective.loss"] for script, _, overrides in EXPERIMENTS if script == "losses"}
    penalties = {overrides["objective.penalty"] for script, _, overrides in EXPERIMENTS if script == "penalties"}
    assert families == {*GENERATORS, *NOT_ADVERSARIAL}
    assert partners == set(DISCRIMINATORS)
    assert losses == set(LOSSES)
    assert penalties == {"none", *PENALTIES}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_is_posix_shell_says_what_each_line_is_and_how_to_go_on(script: Path) -> None:
    subprocess.run(["sh", "-n", str(script)], check=True)
    lines = script.read_text().splitlines()
    assert lines[0] == "#!/bin/sh"
    assert "set -e" in lines
    for place, line in enumerate(lines):
        if line.startswith("dvc "):
            assert lines[place - 1].startswith("# ")
    assert "dvc queue start -j 1" in lines[-1] and "nashgan compare" in lines[-1]
