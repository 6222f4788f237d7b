"""Which game a model is learned by, and for how long."""

from nashgan.games.adversarial import Players
from nashgan.games.game import Game
from nashgan.games.gaussian import GaussianGame
from nashgan.games.vae import VAEGame
from nashgan.models.bundle import ModelConfig
from nashgan.params import Params, TrainParams
from nashgan.runtime.device import Device


def create_game(config: ModelConfig, params: Params, device: Device, split: int) -> Game:
    """A new game for a training split of `split` images."""
    match config.name:
        case "vae":
            return VAEGame.create(config, params.model.beta, params.train, device)
        case "gaussian":
            return GaussianGame.create(config, params.train, device, split)
        case _:
            return Players.create(config, params.model.discriminator_name, params.objective, params.train, device)


def schedule(game: Game, params: TrainParams) -> TrainParams:
    """When to stop, log and save: as params.yaml says, but for a fit that is complete after one step."""
    return params.model_copy(update={"images": game.step_images}) if isinstance(game, GaussianGame) else params
