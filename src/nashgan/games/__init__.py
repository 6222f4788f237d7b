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
    "regression": Registered("nashgan.games.regression:RegressionGame"),
    "cycle": Registered("nashgan.games.cycle:CycleGame"),
    "vae": Registered("nashgan.games.vae:VAEGame"),
    "gaussian": Registered("nashgan.games.gaussian:GaussianGame"),
}


def game_of(model: str) -> "type[Game]":
    """How the model of that name learns."""
    game: type[Game] = GAMES[MODELS[model].game].load()
    return game


def create_game(config: "ModelConfig", game_params: "GameParams", device: "Device", split: int) -> "Game":
    """A new game for a training split of `split` examples."""
    return game_of(config.name).create(config, game_params, device, split)
