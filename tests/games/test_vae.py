"""Encoder and decoder learn the bound; the training can be left and entered at any step."""

from pathlib import Path

import pytest
import torch
from record_files import repeatable
from tiny_training import FP32, PICTURES, TINY, Witness, game_params, parameters

from nashgan.games import create_game
from nashgan.games.batches import Batches
from nashgan.games.vae import VAEGame
from nashgan.models.config import ModelConfig
from nashgan.models.generator import load_generator, save_generator
from nashgan.models.vae import Decoder
from nashgan.params import Params
from nashgan.records.examples import Examples
from nashgan.runtime.device import Device
from nashgan.runtime.errors import Interrupted
from nashgan.spaces.image import ImageSpace
from nashgan.training.checkpoint import Checkpoints, _tensors
from nashgan.training.history import History
from nashgan.training.loop import train

LABELS = torch.arange(40).numpy() % 4


def play(
    folder: Path, params: Params, witness: Witness, device: Device = FP32, classes: int = 0
) -> tuple[VAEGame, History]:
    config = ModelConfig(name="vae", examples=ImageSpace(1, 32, 32).format, latent=4, width=2, classes=classes)
    game = create_game(config, game_params(params), device, len(PICTURES))
    assert isinstance(game, VAEGame)
    data = Examples(PICTURES, LABELS if classes else None)
    batches = Batches(data, config.space, params.train.batch, params.train.seed, device.torch, classes)
    return game, train(game, batches, params.train, Checkpoints(folder), [witness])


def vae(**changes: object) -> Params:
    return parameters(model={"name": "vae"} | changes)


@pytest.mark.parametrize(("bf16", "classes"), [(False, 0), (True, 0), (False, 4)])
def test_an_interrupted_training_ends_with_the_same_bits(tmp_path: Path, bf16: bool, classes: int) -> None:
    params, device = vae(conditional=bool(classes)), Device(torch.device("cpu"), bf16)
    whole, whole_history = play(tmp_path / "whole", params, Witness(), device, classes)
    for stop_after in (2, 1, 1):
        with pytest.raises(Interrupted):
            play(tmp_path / "parts", params, Witness(stop_after), device, classes)
    parts, parts_history = play(tmp_path / "parts", params, Witness(), device, classes)

    expected, found = dict(_tensors(whole)), dict(_tensors(parts))
    assert expected.keys() == found.keys()
    assert any(name.startswith("encoder.") for name in found)
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert repeatable(whole_history.rows) == repeatable(parts_history.rows)


def test_the_loss_is_its_parts(tmp_path: Path) -> None:
    _, history = play(tmp_path, vae(beta=3.0), Witness())
    assert set(history.rows[0]) == {"images", "loss", "reconstruction", "kl", "grad_norm", "lr_g", "img_s", "memory_mb"}
    for row in history.rows:
        assert row["loss"] == pytest.approx(row["reconstruction"] + 3 * row["kl"], rel=1e-5)
        assert row["kl"] > 0 and row["grad_norm"] > 0
    assert [row["images"] for row in history.rows] == list(range(16, TINY["images"] + 1, 16))


def game_of(beta: float = 1.0) -> VAEGame:
    config = ModelConfig(name="vae", examples=ImageSpace(1, 32, 32).format, latent=4, width=4)
    params = parameters(model={"name": "vae", "beta": beta}, train={"lr_generator": 0.01})
    return VAEGame.create(config, game_params(params), FP32, len(PICTURES))


def stripes(count: int) -> torch.Tensor:
    """Images of a bright column on black: one number says all."""
    images = torch.full((count, 1, 32, 32), -1.0)
    for index, column in enumerate(torch.randint(4, 28, (count,)).tolist()):
        images[index, :, :, column - 3 : column + 3] = 1.0
    return images


def test_it_learns_to_reconstruct() -> None:
    torch.manual_seed(0)
    game = game_of()
    losses = [game.learn(stripes(16))[0].item() for _ in range(60)]
    assert sum(losses[-5:]) < 0.5 * sum(losses[:5])
    game.generator.eval()
    game.encoder.eval()
    real = stripes(8)
    with torch.no_grad():
        made = game.generator(game.encoder(real)[0])
    own = (made - real).square().mean()
    assert own < 0.7 * (made - real.roll(1, 0)).square().mean()  # of this image, not of another


def test_a_larger_beta_holds_the_latents_nearer_to_the_prior() -> None:
    kl = []
    for beta in (0.1, 10.0):
        torch.manual_seed(0)
        game = game_of(beta)
        kl.append([game.learn(stripes(16))[2].item() for _ in range(40)][-1])
    assert kl[1] < 0.5 * kl[0]


def test_every_weight_of_both_learns() -> None:
    torch.manual_seed(0)
    game = game_of()
    before = {name: value.clone() for name, value in _tensors(game) if not name.startswith("optimizer")}
    game.learn(stripes(16))
    after = dict(_tensors(game))
    still = [name for name in before if torch.equal(before[name], after[name]) and not name.startswith("average")]
    assert not still


def test_the_decoder_is_a_generator_as_any(tmp_path: Path) -> None:
    game = game_of()
    config = ModelConfig(name="vae", examples=ImageSpace(1, 32, 32).format, latent=4, width=4)
    save_generator(tmp_path, config, game.average.module, game.generator)
    loaded = load_generator(tmp_path)
    assert isinstance(loaded.module, Decoder)
    assert loaded.sample(0, 3).shape == (3, 1, 32, 32)
