"""An encoder learns beside the game, or in it (BiGAN); the training can be left and entered at any step."""

import math
from pathlib import Path

import pytest
import torch
from tiny_training import FP32, PICTURES, Witness, game_params, parameters

from nashgan.games import create_game
from nashgan.games.batches import Batches
from nashgan.games.bigan import BiGANGame
from nashgan.games.encoding import BEND, SHIFT, TEMPERATURE, EncodingGame, changed, contrast
from nashgan.games.game import Encoding, Game
from nashgan.models.config import ModelConfig
from nashgan.params import Params
from nashgan.records.examples import Examples
from nashgan.runtime.device import Device
from nashgan.runtime.errors import Interrupted, UserError
from nashgan.spaces.image import ImageSpace
from nashgan.training.checkpoint import Checkpoints, _tensors
from nashgan.training.loop import train
from nashgan.training.without_effect import without_effect


def play(folder: Path, params: Params, witness: Witness) -> Game:
    config = ModelConfig(name=params.model.name, examples=ImageSpace(1, 32, 32).format, latent=4, width=2)
    game = create_game(config, game_params(params), FP32, len(PICTURES))
    batches = Batches(Examples(PICTURES), config.space, params.train.batch, params.train.seed, FP32.torch)
    train(game, batches, params.train, Checkpoints(folder), [witness])
    return game


def with_encoder(encoder: str, **objective: object) -> Params:
    return parameters(model={"encoder": encoder}, objective=objective)


@pytest.mark.parametrize(
    ("encoder", "loss", "penalty"),
    [("inverse", "non_saturating", "none"), ("adversarial", "rpgan", "none"), ("adversarial", "hinge", "none")],
)
def test_an_interrupted_training_ends_with_the_same_bits(tmp_path: Path, encoder: str, loss: str, penalty: str) -> None:
    params = with_encoder(encoder, loss=loss, penalty=penalty)
    whole = play(tmp_path / "whole", params, Witness())
    for stop_after in (2, 1, 1):
        with pytest.raises(Interrupted):
            play(tmp_path / "parts", params, Witness(stop_after))
    expected, found = dict(_tensors(whole)), dict(_tensors(play(tmp_path / "parts", params, Witness())))
    assert expected.keys() == found.keys()
    assert {"e.head.weight", "e_average.head.weight"} <= found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_the_inverse_leaves_the_game_as_it_is(tmp_path: Path) -> None:
    plain = dict(_tensors(play(tmp_path / "plain", parameters(), Witness())))
    beside = dict(_tensors(play(tmp_path / "beside", with_encoder("inverse"), Witness())))
    assert plain.keys() < beside.keys()
    assert all(torch.equal(plain[name], beside[name]) for name in plain)


def game_of(encoder: str, device: Device = FP32, **more: object) -> EncodingGame | BiGANGame:
    config = ModelConfig(name="dcgan", examples=ImageSpace(1, 32, 32).format, latent=4, width=4)
    params = parameters(
        model={"encoder": encoder, "discriminator": "conv"}, objective=more, train={"lr_generator": 0.002}
    )
    game = create_game(config, game_params(params), device, len(PICTURES))
    assert isinstance(game, EncodingGame | BiGANGame) and isinstance(game, Encoding)
    return game


def test_the_inverse_finds_the_vectors_and_shows_real_images() -> None:
    torch.manual_seed(0)
    game = game_of("inverse")
    assert isinstance(game, EncodingGame)
    with torch.no_grad():
        for parameter in game.average.module.parameters():  # at the start all of its images are almost the same grey
            parameter.mul_(10)
        real = game.average.module(torch.randn(16, 4), None)
    errors = torch.stack([game.encoder_step(real) for _ in range(220)])
    vectors, pixels, apart, _ = errors.unbind(1)
    assert vectors[-20:].mean() < 0.9 * vectors[:40].mean()
    assert pixels[-20:].mean() < 0.7 * pixels[:20].mean()
    assert apart[-20:].mean() < 0.9 * apart[:20].mean()


def test_the_errors_are_in_float32_where_the_networks_are_not() -> None:
    game = game_of("inverse", Device(torch.device("cpu"), bf16=True))
    assert isinstance(game, EncodingGame)
    told = game.encoder_step(torch.rand(8, 1, 32, 32) * 2 - 1)
    assert told.dtype == torch.float32 and told.isfinite().all()


def test_contrast_is_the_cross_entropy_of_finding_the_partner() -> None:
    one, other = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    vectors = torch.cat([one, other])
    expected = 0.0
    for i, vector in enumerate(vectors):
        cosines = {j: torch.cosine_similarity(vector, vectors[j], dim=0) for j in range(6) if j != i}
        odds = {j: float((cosine / TEMPERATURE).exp()) for j, cosine in cosines.items()}
        expected -= math.log(odds[(i + 3) % 6] / sum(odds.values())) / 6
    assert float(contrast(one, other)) == pytest.approx(expected)
    assert float(contrast(3 * one, other)) == pytest.approx(expected)  # only directions count
    equal = torch.ones(5, 4)
    assert float(contrast(equal, equal)) == pytest.approx(math.log(9))


def test_an_image_is_changed_a_little_and_by_its_own_numbers() -> None:
    torch.manual_seed(0)
    flat = torch.full((4, 1, 16, 16), 0.25)
    assert torch.allclose(changed(flat), flat, atol=1e-6)  # nothing comes from outside
    ramp = torch.linspace(-1, 1, 33).expand(64, 1, 33, 33).contiguous()
    made = changed(ramp)
    assert made.shape == ramp.shape and made.min() >= -1 and made.max() <= 1
    middle = made[:, 0, 16, 16]  # from where it comes, in halves of a side; a bicubic curve overshoots
    assert len(set(middle.tolist())) == 64
    assert middle.abs().mean() > 0.02 and middle.abs().max() <= 2 * (SHIFT + 1.3 * BEND) * 33 / 32


@pytest.mark.parametrize(
    ("loss", "penalty"), [("rpgan", "r1_r2"), ("non_saturating", "wgan_gp"), ("wgan", "clip"), ("hinge", "spectral")]
)
def test_every_weight_of_bigan_learns(loss: str, penalty: str) -> None:
    game = game_of("adversarial", loss=loss, penalty=penalty)
    assert isinstance(game, BiGANGame)
    before = {name: value.clone() for name, value in game.discriminator.named_parameters()}
    before |= {f"e.{name}": value.clone() for name, value in game.encoder.named_parameters()}
    real = torch.rand(8, 1, 32, 32) * 2 - 1
    torch.manual_seed(0)
    for _ in range(2):
        told = [*game.discriminator_step(real, None, game.penalty_weight(0)), *game.generator_step(real)]
    assert all(torch.isfinite(number) for number in told)
    after = dict(game.discriminator.named_parameters())
    after |= {f"e.{name}": value for name, value in game.encoder.named_parameters()}
    still = {name for name in before if torch.equal(before[name], after[name])}
    assert still <= {"head.2.bias"}  # a difference of two logits does not depend on it


@pytest.mark.parametrize(
    ("model", "objective", "told"),
    [
        ({"encoder": "inverse", "name": "vae"}, {}, "has an encoder of its own"),
        ({"encoder": "inverse", "name": "gaussian"}, {}, "set encoder: none"),
        ({"encoder": "inverse", "conditional": True}, {}, "set conditional: auto or false"),
        ({"encoder": "adversarial"}, {"loss": "lsgan"}, "symmetric"),
        ({"encoder_pixel_weight": -1.0}, {}, "model.encoder_pixel_weight"),
    ],
)
def test_what_cannot_learn_is_refused(model: dict[str, object], objective: dict[str, object], told: str) -> None:
    with pytest.raises(UserError, match=told):
        parameters(model=model, objective=objective)


def test_an_encoder_is_for_images() -> None:
    with pytest.raises(UserError, match="encoder is for images"):
        parameters(
            data={"name": "ring8"}, model={"encoder": "inverse", "name": "mlp", "discriminator": "mlp"}, objective={}
        )


def test_a_weight_without_effect_is_told() -> None:
    changed = ["model.encoder_pixel_weight"]
    for encoder, idle in (("none", changed), ("adversarial", changed), ("inverse", [])):
        params = with_encoder(encoder)
        assert without_effect(game_params(params), params.train, changed) == idle
