"""How a model learns, one step at a time: adversarial, variational, or by a fit in closed form.

Imported from here: the registry, the only list of games, `create_game`, and the modules beside it. When to stop, what
to write and what to measure during the training does not belong here (training).
"""

from typing import TYPE_CHECKING

from nashgan.models import MODELS
from nashgan.runtime.registered import Registered

if TYPE_CHECKING:
    from nashgan.games.game import Game, GameParams
    from nashgan.models.config import ModelConfig
    from nashgan.runtime.device import Device

GAMES = {  # a model names its own
    "adversarial": Registered("nashgan.games.adversarial:AdversarialGame"),
    "semi_supervised": Registered("nashgan.games.semi_supervised:SemiSupervisedGame"),  # of an adversarial model
    "vae": Registered("nashgan.games.vae:VAEGame"),
    "gaussian": Registered("nashgan.games.gaussian:GaussianGame"),
}


def game_entry(model: str, labelled: int | None = None) -> Registered:
    """How the model of that name learns, where D is told the classes of `labelled` examples; None: of none."""
    name = MODELS[model].game
    return GAMES["semi_supervised" if labelled and name == "adversarial" else name]


def game_of(model: str, labelled: int | None = None) -> "type[Game]":
    """The class of `game_entry`."""
    game: type[Game] = game_entry(model, labelled).load()
    return game


def create_game(config: "ModelConfig", game_params: "GameParams", device: "Device", split: int) -> "Game":
    """A new game for a training split of `split` examples."""
    return game_of(config.name, game_params.objective.labelled).create(config, game_params, device, split)
