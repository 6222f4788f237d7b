"""Games in which the generator is given an image: they learn from pairs, and go on with the same bits."""

from pathlib import Path

import pytest
import torch
from tiny_training import FP32, PICTURES, Witness, game_params, parameters

from nashgan.games import create_game
from nashgan.games.batches import Batches
from nashgan.games.game import Game
from nashgan.models.config import ModelConfig
from nashgan.params import Params
from nashgan.records.examples import Examples
from nashgan.runtime.errors import Interrupted
from nashgan.spaces.image import ImageSpace
from nashgan.training.checkpoint import Checkpoints
from nashgan.training.loop import train

PAIRED: dict[str, object] = {"loss": "rpgan", "penalty": "r1_r2", "penalty_weight": 1.0, "pixel_weight": 10.0}


def restoring(model: str, **changes: dict[str, object]) -> Params:
    return parameters(
        data={"given": "small+noisy"},
        model={"name": model, "discriminator": "auto", "latent": 4, "width": 2},
        **{"objective": PAIRED, **changes},
    )


def play(folder: Path, params: Params, witness: Witness) -> Game:
    given = params.data.degradation
    config = ModelConfig(name=params.model.name, examples=ImageSpace(1, 32, 32).format, latent=4, width=2, given=given)
    game = create_game(config, game_params(params), FP32, len(PICTURES))
    batches = Batches(
        Examples(PICTURES), config.space, params.train.batch, params.train.seed, FP32.torch, degradation=given
    )
    train(game, batches, params.train, Checkpoints(folder), [witness])
    return game


@pytest.mark.parametrize("model", ["unet", "unet_regression"])
def test_a_stopped_training_ends_with_the_same_bits(model: str, tmp_path: Path) -> None:
    params = restoring(model)
    whole = play(tmp_path / "whole", params, Witness())
    with pytest.raises(Interrupted):
        play(tmp_path / "stopped", params, Witness(stop_after=1))
    resumed = play(tmp_path / "stopped", params, Witness())
    for name, module in whole.modules().items():
        for key, value in module.state_dict().items():
            assert torch.equal(value, resumed.modules()[name].state_dict()[key]), (name, key)


def test_the_weight_of_the_pixels_draws_the_generator_to_the_true_image(tmp_path: Path) -> None:
    apart = {}
    for weight in (0.0, 100.0):
        params = restoring("unet", objective={**PAIRED, "pixel_weight": weight})
        game = play(tmp_path / str(weight), params, Witness())
        batches = Batches(Examples(PICTURES), game.config.space, 16, 0, FP32.torch, degradation=params.data.degradation)
        real, given = batches(0)
        with torch.no_grad():
            apart[weight] = float((game.generator(torch.zeros(16, 4), given) - real).abs().mean())
    assert apart[100.0] < apart[0.0]


def test_the_players_of_a_pair_see_what_was_given() -> None:
    params = restoring("unet")
    config = ModelConfig(
        name="unet", examples=ImageSpace(1, 28, 28).format, latent=4, width=16, given=params.data.degradation
    )
    game = create_game(config, game_params(params), FP32, 64)
    one, other = torch.randn(2, 3, 1, 28, 28).clamp(-1, 1)
    z = torch.randn(3, 4)
    assert game.generator(z, one).shape == (3, 1, 28, 28)
    assert not torch.equal(game.generator(z, one), game.generator(z, other))
    assert game.partner is not None
    assert not torch.equal(game.partner(one, one), game.partner(one, other))
