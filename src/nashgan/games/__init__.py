"""How a model learns, one step at a time: adversarial, by policy gradient, variational, or by a fit in closed form.

Imported from here: the registry, the only list of games, `create_game`, and the modules beside it. When to stop, what
to write and what to measure during the training does not belong here (training).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nashgan.models import MODELS
from nashgan.runtime.registered import Registered

if TYPE_CHECKING:
    from nashgan.games.game import Game, GameParams
    from nashgan.models.config import ModelConfig
    from nashgan.runtime.device import Device


@dataclass(frozen=True)
class GameEntry(Registered):
    """A game, with facts that are known without importing it."""

    augments: bool = False  # whether `objective.augment` can change what D sees
    begins_with: bool = False  # whether its players may be those of another training: `train.from`


GAMES = {  # a model names its game; `game_name` says which parameters choose another one
    "adversarial": GameEntry("nashgan.games.adversarial:AdversarialGame", augments=True, begins_with=True),
    "regression": GameEntry("nashgan.games.regression:RegressionGame"),
    "policy_gradient": GameEntry("nashgan.games.policy_gradient:PolicyGradientGame"),
    "semi_supervised": GameEntry("nashgan.games.semi_supervised:SemiSupervisedGame", begins_with=True),
    "cycle": GameEntry("nashgan.games.cycle:CycleGame"),
    "vae": GameEntry("nashgan.games.vae:VAEGame"),
    "vae_gan": GameEntry("nashgan.games.vae_gan:VAEGANGame"),
    "gaussian": GameEntry("nashgan.games.gaussian:GaussianGame"),
    "inverse": GameEntry("nashgan.games.encoding:EncodingGame", augments=True, begins_with=True),
    "bigan": GameEntry("nashgan.games.bigan:BiGANGame"),
}
WITH_ENCODER = {"inverse": "inverse", "adversarial": "bigan"}  # by model.encoder


def game_name(model: str, encoder: str = "none", labelled: int | None = None) -> str:
    """The name of a model's game: the model's own, or that of an encoder or of few labels where they are asked for."""
    own = MODELS[model].game
    return "semi_supervised" if labelled and own == "adversarial" else WITH_ENCODER.get(encoder, own)


def game_of(model: str, encoder: str = "none", labelled: int | None = None) -> "type[Game]":
    """The class of the game that `game_name` names."""
    game: type[Game] = GAMES[game_name(model, encoder, labelled)].load()
    return game


def game_of_run(params: Mapping[str, Mapping[str, Any]]) -> "type[Game]":
    """The game of a training with these parameters, a mapping a section. Older trainings may lack newer parameters."""
    model, objective = params["model"], params["objective"]
    return game_of(model["name"], model.get("encoder", "none"), objective.get("labelled"))


def create_game(config: "ModelConfig", game_params: "GameParams", device: "Device", split: int) -> "Game":
    """A new game for a training split of `split` examples."""
    game = game_of(config.name, game_params.model.encoder, game_params.objective.labelled)
    return game.create(config, game_params, device, split)
