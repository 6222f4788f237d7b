"""The picture of both players: for any loss, in one and two dimensions, always the same and without a side effect."""

import numpy as np
import pytest
import torch
from tiny_training import FP32, game_params, parameters

from nashgan.data.mixtures import DENSITIES
from nashgan.games.adversarial import AdversarialGame
from nashgan.models.config import ModelConfig
from nashgan.spaces.points import PointSpace
from nashgan.training.players_picture import PlayersPicture, players_picture


def point_game(dataset: str, loss: str) -> AdversarialGame:
    penalty = "clip" if loss == "wgan" else "none"
    players: dict[str, object] = {"name": "dense", "latent": 2, "width": 2}
    objective: dict[str, object] = {"loss": loss, "penalty": penalty}
    params = parameters(data={"name": dataset}, model=players, objective=objective)
    points = DENSITIES[dataset].draw(100, np.random.default_rng(0))
    config = ModelConfig(name="dense", examples=PointSpace.around(points).format, latent=2, width=2)
    return AdversarialGame.create(config, game_params(params), FP32, 100)


@pytest.mark.parametrize("dataset", ["gaussian1d", "ring8"])
@pytest.mark.parametrize("loss", ["minimax", "wgan"])
def test_a_picture_of_both_players(dataset: str, loss: str) -> None:
    game = point_game(dataset, loss)
    painter = players_picture(game, dataset, seed=0)
    assert isinstance(painter, PlayersPicture)
    state = torch.get_rng_state()
    one, other = painter.draw(), painter.draw()
    assert torch.equal(torch.get_rng_state(), state)
    assert one.mode == "RGB" and one.tobytes() == other.tobytes() and len(set(one.tobytes())) > 20
    before = one.tobytes()
    with torch.no_grad():
        for weight in game.discriminator.parameters():
            weight.add_(0.3)
    assert painter.draw().tobytes() != before


def test_without_a_known_density_there_is_none() -> None:
    assert players_picture(point_game("ring8", "hinge"), "points_file", seed=0) is None
