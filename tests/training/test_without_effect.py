"""A parameter that changes nothing is named, and one that changes something is not."""

from typing import Any

import pytest
from tiny_training import game_params, parameters

from nashgan.training.without_effect import without_effect

ALL = (
    *("model.beta", "model.discriminator", "model.width", "objective.loss", "objective.penalty_weight"),
    *("train.images", "train.lr_generator", "train.lr_discriminator", "train.ema_half_life", "train.seed"),
    *("train.beta2", "train.beta2_end", "train.accumulate", "train.ema_half_life_end", "train.ema_ramp", "train.keep"),
)


def named(**sections: dict[str, Any]) -> list[str]:
    params = parameters(**sections)
    return without_effect(game_params(params), params.train, ALL)


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ({}, ["model.beta", "objective.penalty_weight", "train.ema_half_life", "train.ema_half_life_end"]),
        (
            {"objective": {"penalty": "clip", "loss": "wgan"}},
            ["model.beta", "train.ema_half_life", "train.ema_half_life_end"],
        ),
        ({"train": {"images": "1M"}}, ["model.beta", "objective.penalty_weight"]),
        ({"train": {"ema_half_life": None}}, ["model.beta", "objective.penalty_weight"]),
        (
            {"train": {"ema_half_life": 0, "optimizer": "sgd"}},
            ["model.beta", "objective.penalty_weight", "train.beta2", "train.beta2_end", "train.ema_ramp"],
        ),
        ({"train": {"ema_half_life": 0}}, ["model.beta", "objective.penalty_weight", "train.ema_ramp"]),
        ({"train": {"ema_half_life": 50, "ema_ramp": 1.0}}, ["model.beta", "objective.penalty_weight"]),
        ({"train": {"ema_half_life": 50, "ema_ramp": None}}, ["model.beta", "objective.penalty_weight"]),
        (
            {"model": {"name": "vae"}, "train": {"ema_half_life": None}},
            [
                "model.discriminator",
                "objective.loss",
                "objective.penalty_weight",
                "train.lr_discriminator",
                "train.accumulate",
            ],
        ),
        (  # `best` is refused here, so `last` is what happens
            {"train": {"images": "1M", "evaluate_every": 0, "keep": "last"}},
            ["model.beta", "objective.penalty_weight"],
        ),
        ({"model": {"name": "gaussian"}}, [name for name in ALL if name not in ("train.seed", "train.keep")]),
    ],
)
def test_what_has_no_effect(sections: dict[str, dict[str, Any]], expected: list[str]) -> None:
    assert named(**sections) == expected


@pytest.mark.parametrize(("share", "expected"), [(1.0, []), (0.25, ["objective.penalty_share"])])
def test_a_share_of_no_penalty_is_named_only_where_it_was_asked_for(share: float, expected: list[str]) -> None:
    params = parameters(objective={"penalty": "none", "penalty_share": share})
    assert without_effect(game_params(params), params.train, ["objective.penalty_share"]) == expected


def test_only_what_was_changed_is_named() -> None:
    params = parameters()
    assert without_effect(game_params(params), params.train, ["train.seed", "model.beta"]) == ["model.beta"]
    assert without_effect(game_params(params), params.train, []) == []
