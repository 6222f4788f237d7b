"""Translating without pairs: the game goes on with the same bits, images come back, senseless pairs are refused."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_training import FP32, PICTURES, Witness, game_params, parameters

from nashgan.games import create_game
from nashgan.games.batches import Batches
from nashgan.games.game import Game, TwoWays
from nashgan.models.config import ModelConfig
from nashgan.params import Params
from nashgan.records.examples import Examples
from nashgan.records.given import Translation
from nashgan.runtime.errors import Interrupted, UserError
from nashgan.spaces.image import ImageSpace
from nashgan.training.checkpoint import Checkpoints
from nashgan.training.loop import train

CONFIG = ModelConfig(
    name="unet_cycle",
    examples=ImageSpace(1, 32, 32).format,
    latent=4,
    width=2,
    given=Translation(other="digits8", digest="0" * 64),
)
GAME: dict[str, object] = {"loss": "rpgan", "penalty": "r1_r2", "penalty_weight": 1.0, "pixel_weight": 10.0}
OTHERS = 255 - PICTURES[:24]


def translating(**changes: dict[str, object]) -> Params:
    sections: dict[str, dict[str, object]] = {
        "data": {"other": "digits8"},
        "model": {"name": "unet_cycle", "latent": 4, "width": 2},
        "objective": GAME,
    }
    return parameters(**(sections | changes))


def batches(params: Params) -> Batches:
    size, seed, device = params.train.batch, params.train.seed, FP32.torch
    other = Batches(Examples(OTHERS), CONFIG.space, size, seed + 1, device)
    return Batches(Examples(PICTURES), CONFIG.space, size, seed, device, other=other)


def play(folder: Path, params: Params, witness: Witness) -> Game:
    game = create_game(CONFIG, game_params(params), FP32, len(PICTURES))
    train(game, batches(params), params.train, Checkpoints(folder), [witness])
    return game


def test_a_stopped_training_ends_with_the_same_bits_on_both_ways(tmp_path: Path) -> None:
    params = translating()
    whole = play(tmp_path / "whole", params, Witness())
    with pytest.raises(Interrupted):
        play(tmp_path / "stopped", params, Witness(stop_after=1))
    resumed = play(tmp_path / "stopped", params, Witness())
    assert {name for name in whole.modules() if name.startswith("back_")} == {"back_g", "back_d", "back_average"}
    for name, module in whole.modules().items():
        for key, value in module.state_dict().items():
            assert torch.equal(value, resumed.modules()[name].state_dict()[key]), (name, key)


def test_a_batch_has_images_of_both_datasets_and_the_way_back_starts_elsewhere() -> None:
    params = translating()
    own, other = batches(params)(0)
    assert other is not None and own.shape == other.shape
    stored = {image.tobytes() for image in OTHERS}
    assert all(image.tobytes() in stored for image in CONFIG.space.from_players(other))
    game = create_game(CONFIG, game_params(params), FP32, len(PICTURES))
    assert isinstance(game, TwoWays)
    pairs = zip(game.generator.state_dict().values(), game.back.state_dict().values(), strict=True)
    assert not all(torch.equal(one, two) for one, two in pairs)


def test_the_first_images_are_those_of_the_timeline() -> None:
    shown = batches(translating()).shown(30)
    assert shown is not None
    assert np.array_equal(CONFIG.space.from_players(shown), OTHERS[np.arange(30) % len(OTHERS)])


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"data": {"other": "mnist5k"}}, "'mnist5k' is data.name already"),
        ({"data": {"other": "digits8", "given": "noisy"}}, "set data.given or data.other to null"),
        ({"data": {"other": "grid25"}}, "only images are translated"),
        ({"data": {"other": "no such"}}, "data.other"),
        ({"data": {"other": "digits8"}, "model": {"name": "unet"}}, "'unet' restores images"),
        ({"data": {"other": "digits8"}, "model": {"name": "dcgan"}}, "choose auto, unet_cycle"),
        ({"model": {"name": "unet_cycle"}}, "set data.other"),
    ],
)
def test_senseless_pairs_are_one_line(sections: dict[str, dict[str, object]], message: str) -> None:
    with pytest.raises(UserError, match=message) as refused:
        parameters(**sections)
    assert "\n" not in str(refused.value)


def test_the_weight_of_the_cycle_brings_images_back(tmp_path: Path) -> None:
    differences = {}
    for weight in (0.0, 100.0):
        params, witness = translating(objective={**GAME, "pixel_weight": weight}), Witness()
        play(tmp_path / str(weight), params, witness)
        differences[weight] = witness.rows[-1]["cycle"]
    assert differences[100.0] < differences[0.0]
