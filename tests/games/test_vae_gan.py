"""Encoder, decoder and discriminator learn together; the training can be left and entered at any step."""

from pathlib import Path

import pytest
import torch
from tiny_training import FP32, PICTURES, TINY, Witness, game_params, parameters
from torch import Tensor

from nashgan.games import create_game
from nashgan.games.batches import Batches
from nashgan.games.vae_gan import VAEGANGame
from nashgan.models.config import ModelConfig
from nashgan.params import Params
from nashgan.records.examples import Examples
from nashgan.runtime.errors import Interrupted
from nashgan.spaces.image import ImageSpace
from nashgan.training.checkpoint import Checkpoints
from nashgan.training.loop import train
from nashgan.training.without_effect import without_effect

LABELS = torch.arange(len(PICTURES)).numpy() % 4


def settings(loss: str = "non_saturating", **model: object) -> Params:
    return parameters(
        model={"name": "vae_gan", "discriminator": "conv", "conditional": False, **model},
        objective={"loss": loss, "penalty": "none"},
    )


def game(params: Params, classes: int = 0) -> VAEGANGame:
    config = ModelConfig(name="vae_gan", examples=ImageSpace(1, 32, 32).format, latent=4, width=2, classes=classes)
    made = create_game(config, game_params(params), FP32, len(PICTURES))
    assert isinstance(made, VAEGANGame)
    return made


def play(folder: Path, witness: Witness) -> VAEGANGame:
    params = settings()
    made = game(params)
    batches = Batches(Examples(PICTURES), made.config.space, TINY["batch"], params.train.seed, FP32.torch)
    train(made, batches, params.train, Checkpoints(folder), [witness])
    return made


def test_a_resumed_training_has_the_same_bits(tmp_path: Path) -> None:
    whole, rows = play(tmp_path / "whole", witness := Witness()), witness.rows
    with pytest.raises(Interrupted):
        play(tmp_path / "resumed", Witness(stop_after=3))
    resumed = play(tmp_path / "resumed", Witness())
    for name, module in whole.modules().items():
        other = resumed.modules()[name].state_dict()
        assert all(torch.equal(value, other[key]) for key, value in module.state_dict().items()), name
    assert set(rows[0]) >= {"d_loss", "g_loss", "reconstruction", "kl", "grad_norm_d", "grad_norm_g"}


@pytest.mark.parametrize(("loss", "classes"), [("non_saturating", 4), ("rpgan", 0)])
def test_each_part_learns_from_its_own_terms(loss: str, classes: int) -> None:
    torch.manual_seed(0)
    made = game(settings(loss), classes)
    real = made.config.space.to_players(torch.from_numpy(PICTURES[:8]))
    labels = torch.from_numpy(LABELS[:8]) if classes else None

    def weights() -> dict[str, list[Tensor]]:
        return {name: [w.clone() for w in made.modules()[name].parameters()] for name in ("g", "d", "encoder")}

    start = weights()
    made.discriminator_step(real, labels)
    after_d = weights()
    found = made.generator_step(real, labels)
    end = weights()
    assert torch.isfinite(found).all() and (found > 0).all()

    def moved(one: list[Tensor], other: list[Tensor]) -> bool:
        return any(not torch.equal(a, b) for a, b in zip(one, other, strict=True))

    assert {name: moved(start[name], after_d[name]) for name in start} == {"g": False, "d": True, "encoder": False}
    assert {name: moved(after_d[name], end[name]) for name in start} == {"g": True, "d": False, "encoder": True}


def test_a_reconstruction_learns_in_the_features_of_a_fixed_discriminator() -> None:
    torch.manual_seed(0)
    made = game(settings(gamma=1000.0, beta=0.001))
    for optimizer in (made.optimizer_e, made.optimizer_g):
        optimizer.param_groups[0]["lr"] = 0.003
    real = made.config.space.to_players(torch.from_numpy(PICTURES[:8]))
    first = float(made.generator_step(real)[2])
    for _ in range(40):
        last = float(made.generator_step(real)[2])
    assert last < 0.7 * first


def test_gamma_has_an_effect_here_alone() -> None:
    params = settings()
    assert not without_effect(game_params(params), params.train, ["model.gamma", "model.beta"])
    for name in ("dcgan", "vae", "gaussian"):
        other = parameters(model={"name": name, "conditional": False})
        assert without_effect(game_params(other), other.train, ["model.gamma"]) == ["model.gamma"]
