"""Every line of experiments/*.sh is a combination that the schema of params.yaml accepts; what is to fail does fail."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from benchmarks.applications import queued
from tiny_training import game_params

from nashgan.data.embedded_digits import embedded_digits
from nashgan.games import create_game
from nashgan.games.batches import Batches
from nashgan.models import DISCRIMINATORS, MODELS
from nashgan.models.config import ModelConfig
from nashgan.objectives import LOSSES, PENALTIES
from nashgan.params import Params, parse_params
from nashgan.records.examples import Examples
from nashgan.records.train_run import WatchdogEvent
from nashgan.runtime.device import Device
from nashgan.spaces.image import ImageSpace
from nashgan.training.checkpoint import Checkpoints
from nashgan.training.loop import train

REPOSITORY = Path(__file__).parents[2]
SCRIPTS = sorted((REPOSITORY / "experiments").glob("*.sh"))
FOR_A_GPU = "r3gan_paper"  # the sweeps are of networks that two CPU cores train in minutes
QUEUE = ["exp", "run", "--queue", "-n"]


def overrides_of(script: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The name and the overrides of each experiment in a script, as its shell hands them to dvc."""
    options = ["-S", "train.seed=0,1"]
    for words in queued(script, *options, FACES="/home/me/faces"):  # with the lines of dcgan64.sh that need it
        assert words[:4] == QUEUE and words[-2:] == options, words
        assert set(words[5:-2:2]) == {"-S"}, words
        yield words[4], dict(option.split("=", 1) for option in words[6:-2:2])


def applied(overrides: dict[str, str]) -> Params:
    """params.yaml with overrides, which must name parameters that are there."""
    values = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    for key, value in overrides.items():
        section, name = key.split(".")
        assert name in values[section], key
        values[section][name] = yaml.safe_load(value)
    return parse_params(values)


EXPERIMENTS = [(script.stem, name, overrides) for script in SCRIPTS for name, overrides in overrides_of(script)]


def test_the_sweeps_are_there_and_no_name_is_taken_twice() -> None:
    assert {script.stem for script in SCRIPTS} >= {
        "collapse", "discriminators", "explosion", "families", "losses", "penalties", "translate"
    }  # fmt: skip
    names = [name for _, name, _ in EXPERIMENTS]
    assert len(set(names)) == len(names) and "dcgan64-faces" in names
    assert all(name.startswith(f"{script}-") for script, name, _ in EXPERIMENTS)


@pytest.mark.parametrize(("script", "name", "overrides"), EXPERIMENTS, ids=[name for _, name, _ in EXPERIMENTS])
def test_the_combination_is_accepted_and_said_in_full(script: str, name: str, overrides: dict[str, str]) -> None:
    game = (
        {"model.discriminator", "objective.loss", "objective.penalty"}
        if applied(overrides).model.adversarial
        else set()
    )
    assert {"model.name"} | game <= set(overrides)  # whatever the defaults become


class Seen(Exception):
    """The watchdog saw what was expected; no need to train on."""


class Expecting:
    """Ends a training when the watchdog notices an event of a kind."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def history(self, row: dict[str, float]) -> None:
        pass

    def score(self, row: dict[str, float]) -> None:
        pass

    def timeline(self, samples: np.ndarray, seen: int) -> None:
        pass

    def event(self, event: WatchdogEvent) -> None:
        if event.kind == self.kind:
            raise Seen


@pytest.mark.parametrize(("name", "kind"), [("explosion-exploded", "explosion"), ("collapse-collapsed", "collapse")])
def test_the_watchdog_names_what_is_to_fail(name: str, kind: str, tmp_path: Path) -> None:
    """The very settings of the script, on real digits."""
    params = applied(next(overrides for _, known, overrides in EXPERIMENTS if known == name))
    device = Device(torch.device("cpu"), bf16=False)
    digits, _ = embedded_digits()
    images = np.pad(np.random.default_rng(0).permutation(digits[:, None])[:4000], ((0, 0), (0, 0), (2, 2), (2, 2)))
    space, model = ImageSpace(1, 32, 32), params.model
    config = ModelConfig(name=model.name, examples=space.format, latent=model.latent, width=model.width)
    batches = Batches(Examples(images), space, params.train.batch, params.train.seed, device.torch)
    game = create_game(config, game_params(params), device, len(images))
    with pytest.raises(Seen):
        train(game, batches, params.train, Checkpoints(tmp_path), [Expecting(kind)])


def test_every_family_loss_penalty_and_discriminator_is_queued() -> None:
    families = {overrides["model.name"] for script, _, overrides in EXPERIMENTS if script == "families"}
    partners = {overrides["model.discriminator"] for script, _, overrides in EXPERIMENTS if script == "discriminators"}
    losses = {overrides["objective.loss"] for script, _, overrides in EXPERIMENTS if script == "losses"}
    penalties = {overrides["objective.penalty"] for script, _, overrides in EXPERIMENTS if script == "penalties"}
    draw = {name for name, model in MODELS.items() if "image" in model.layouts and model.draws}
    assert families == draw - {FOR_A_GPU}
    assert partners == {name for name, player in DISCRIMINATORS.items() if "image" in player.layouts} - {FOR_A_GPU}
    assert {overrides["model.name"] for _, _, overrides in EXPERIMENTS} == set(MODELS)
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
