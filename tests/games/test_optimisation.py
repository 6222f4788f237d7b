"""Optimizers in closed form, shortened gradients, and batches in parts, which give the step of the whole batch."""

from typing import Any

import pytest
import torch
from tiny_training import FP32, PICTURES, game_params, parameters
from torch import Tensor, nn

from nashgan.games import create_game
from nashgan.games.adversarial import AdversarialGame
from nashgan.games.batches import Batches
from nashgan.games.optimisation import create_optimizer, move, scheduled, set_beta2, warmed_up
from nashgan.models.config import ModelConfig
from nashgan.records.examples import Examples
from nashgan.spaces.image import ImageSpace

GRADIENT = torch.tensor([3.0, -4.0])
STEPS = {  # after two steps down the same gradient with lr = 0.1, momentum = 0.5 and a decay of 0.75
    "sgd": 0.1 * GRADIENT * (1 + 1.5),  # v = ½ v + g
    # s = ¾ s + ¼ g²: g / √s is 1 / √¼, then 1 / √(7/16)
    "rmsprop": 0.1 * GRADIENT.sign() * (2 + (1 + (16 / 7) ** 0.5)),
    "adam": 0.1 * GRADIENT.sign() * 2,  # both means are those of a constant
}


def moved(**train: Any) -> tuple[Tensor, Tensor]:
    """How far two steps down a constant gradient go, and the norm that is reported."""
    learning = game_params(parameters(train={"beta1": 0.5, "beta2": 0.75, **train})).learning
    weight = nn.Parameter(torch.zeros(2))
    optimizer = create_optimizer([weight], 0.1, learning)
    weight.grad = GRADIENT.clone()
    move(optimizer)
    weight.grad = GRADIENT.clone()  # the first one may have been shortened
    norm = move(optimizer)
    return -weight.detach(), norm


@pytest.mark.parametrize("name", STEPS)
def test_two_steps_by_hand(name: str) -> None:
    distance, norm = moved(optimizer=name)
    assert distance.tolist() == pytest.approx(STEPS[name].tolist(), rel=1e-4)
    assert norm.item() == pytest.approx(5)


@pytest.mark.parametrize(("limit", "share"), [(1.0, 0.2), (5.1, 1.0), (None, 1.0)])
def test_a_long_gradient_is_shortened_and_its_own_norm_is_reported(limit: float | None, share: float) -> None:
    distance, norm = moved(optimizer="sgd", clip_gradients=limit)
    assert distance.tolist() == pytest.approx((share * STEPS["sgd"]).tolist(), rel=1e-5)
    assert norm.item() == pytest.approx(5)


def test_a_rate_rises_along_a_line() -> None:
    assert [warmed_up(seen, 100) for seen in (1, 50, 100, 900)] == [0.01, 0.5, 1.0, 1.0]
    assert warmed_up(8, 0) == 1.0


def test_a_schedule_is_half_a_cosine() -> None:
    assert [scheduled(0.9, 0.99, done) for done in (0, 0.5, 1, 2)] == pytest.approx([0.9, 0.945, 0.99, 0.99])
    assert scheduled(0.9, 0.99, 0.25) == pytest.approx(0.945 - 0.045 * 2**-0.5)
    assert scheduled(0.9, None, 0.7) == 0.9


@pytest.mark.parametrize(("name", "key"), [("adam", "betas"), ("rmsprop", "alpha"), ("sgd", None)])
def test_the_second_moment_is_where_the_optimizer_has_it(name: str, key: str | None) -> None:
    learning = game_params(parameters(train={"optimizer": name, "beta1": 0.5})).learning
    optimizer = create_optimizer([nn.Parameter(torch.zeros(2))], 0.1, learning)
    before = dict(optimizer.param_groups[0])
    set_beta2(optimizer, 0.75)
    changed = {k: v for k, v in optimizer.param_groups[0].items() if v is not before[k]}
    assert changed == ({} if key is None else {key: (0.5, 0.75) if key == "betas" else 0.75})


GAMES = [
    ("rpgan", "r1_r2", "mlp", 3),
    ("rpgan", "r1_r2", "r3gan", 0),
    ("non_saturating", "r1", "mlp", 3),
    ("hinge", "r2", "mlp", 0),
    ("lsgan", "dragan", "mlp", 0),  # its points need the whole batch's standard deviation
    ("wgan", "wgan_gp", "mlp", 3),  # and chance
    ("wgan", "clip", "mlp", 0),
]


def after_two_steps(parts: int, loss: str, penalty: str, model: str, classes: int) -> tuple[AdversarialGame, Tensor]:
    """A game without batch norm, and the measures of its second step."""
    params = parameters(
        model={"name": model},
        objective={"loss": loss, "penalty": penalty, "d_steps": 2},
        train={"optimizer": "sgd", "batch": 16, "accumulate": parts, "lr_generator": 0.05, "lr_discriminator": 0.05},
    )
    config = ModelConfig(name=model, examples=ImageSpace(1, 16, 16).format, latent=4, width=4, classes=classes)
    game = AdversarialGame.create(config, game_params(params), FP32, len(PICTURES))
    labels = torch.arange(len(PICTURES)).numpy() % classes if classes else None
    batches = Batches(Examples(PICTURES[:, :, ::2, ::2], labels), config.space, 16, 0, FP32.torch, classes)
    largest = 0

    def note(module: nn.Module, given: tuple[Tensor, ...]) -> None:
        nonlocal largest
        largest = max(largest, len(given[0]))

    game.discriminator.register_forward_pre_hook(note)
    for seen in (0, 32):
        torch.manual_seed(seen)
        measures = game.step(batches, seen)
    assert largest <= 2 * 16 // parts  # real and fake images together
    return game, measures


@pytest.mark.parametrize(("loss", "penalty", "model", "classes"), GAMES)
def test_a_batch_in_parts_is_the_step_of_the_whole_batch(loss: str, penalty: str, model: str, classes: int) -> None:
    whole, expected = after_two_steps(1, loss, penalty, model, classes)
    parts, found = after_two_steps(4, loss, penalty, model, classes)
    assert found.tolist() == pytest.approx(expected.tolist(), rel=2e-4, abs=2e-6)
    for name, module in whole.modules().items():
        for one, other in zip(module.parameters(), parts.modules()[name].parameters(), strict=True):
            torch.testing.assert_close(one, other, rtol=2e-4, atol=2e-6)


@pytest.mark.parametrize("model", ["vae", "vae_gan"])
def test_games_that_do_not_cut_batches_say_so(model: str) -> None:
    params = parameters(model={"name": model}, objective={"loss": "rpgan", "penalty": "r1_r2"}, train={"accumulate": 2})
    config = ModelConfig(name=model, examples=ImageSpace(1, 32, 32).format, latent=4, width=2)
    game = create_game(config, game_params(params), FP32, len(PICTURES))
    assert "train.accumulate" in game.ignores and getattr(game, "parts", 1) == 1
