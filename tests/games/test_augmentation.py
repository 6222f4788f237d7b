"""D sees augmented images only, G's own images stay as they are, and the probability follows D's overfitting."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_training import FP32, PICTURES, Witness, game_params, parameters, play
from torch import Tensor

from nashgan.games import create_game
from nashgan.games.adversarial import AdversarialGame
from nashgan.games.augmentation import EVERY, HIGHEST, MEASURES, mean_sign
from nashgan.games.batches import Batches
from nashgan.models.config import ModelConfig
from nashgan.params import Params
from nashgan.records.examples import Examples
from nashgan.runtime.errors import Interrupted, UserError
from nashgan.spaces.image import ImageSpace
from nashgan.training.checkpoint import _tensors
from nashgan.training.without_effect import without_effect


def augmented(augment: str = "cutout", p: float | str = 1.0, **objective: Any) -> Params:
    return parameters(model={"name": "mlp"}, objective={"augment": augment, "augment_p": p, **objective})


def game(params: Params) -> AdversarialGame:
    config = ModelConfig(name="mlp", examples=ImageSpace(1, 8, 8).format, latent=4, width=2)
    return AdversarialGame.create(config, game_params(params), FP32, len(PICTURES))


@pytest.mark.parametrize("loss", ["non_saturating", "rpgan"])
@pytest.mark.parametrize("penalty", ["none", "r1_r2", "wgan_gp"])
def test_d_sees_real_and_fake_images_augmented_in_both_moves(loss: str, penalty: str) -> None:
    players, seen = game(augmented(loss=loss, penalty=penalty, penalty_weight=None)), list[Tensor]()
    players.discriminator.register_forward_pre_hook(lambda _, given: seen.append(given[0].detach()))
    assert players.augmentation
    players.augmentation.begin(0)
    real = torch.full((16, 1, 8, 8), 0.5)
    players.discriminator_step(real, weight=1.0)
    in_d = len(seen)
    players.generator_step(real)
    assert in_d and len(seen) > in_d
    # a box is 0 in each; WGAN-GP's points between two images have one where the boxes overlap
    holes = torch.cat([(images == 0).flatten(1).any(1) for images in seen])
    assert holes.all() if penalty != "wgan_gp" else holes.float().mean() > 0.6


def test_what_the_generator_draws_is_not_augmented() -> None:
    plain, changed = game(augmented("none")), game(augmented("flip+colour+translation+geometry+cutout"))
    assert changed.augmentation and not plain.augmentation
    drawn = []
    for players in (plain, changed):
        torch.manual_seed(0)
        drawn.append((players.fakes(players.latents(8), None), players.average.module(torch.ones(3, 4), None)))
    assert all(torch.equal(*pair) for pair in zip(*drawn, strict=True))
    assert plain.average.module.state_dict().keys() == changed.average.module.state_dict().keys()


def test_an_interrupted_training_ends_with_the_same_bits_and_probability(tmp_path: Path) -> None:
    params = augmented("translation+cutout", "adaptive", augment_speed=300, loss="rpgan", d_steps=1)
    whole, history = play(tmp_path / "whole", params, Witness())
    for stop_after in (1, 2):
        with pytest.raises(Interrupted):
            play(tmp_path / "parts", params, Witness(stop_after))
    parts, _ = play(tmp_path / "parts", params, Witness())
    expected, found = dict(_tensors(whole)), dict(_tensors(parts))
    assert expected.keys() == found.keys() and "augmentation.p" in found
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert set(MEASURES) <= history.rows[-1].keys()
    assert not set(MEASURES) & set(game(augmented(p=0.5)).measures)  # it stays 0.5


def test_an_encoder_beside_an_augmented_game_changes_nothing_in_it() -> None:
    config = ModelConfig(name="mlp", examples=ImageSpace(1, 32, 32).format, latent=4, width=2)
    rows = []
    for encoder in ("none", "inverse"):
        params = parameters(model={"name": "mlp", "encoder": encoder}, objective={"augment": "flip"})
        players = create_game(config, game_params(params), FP32, len(PICTURES))
        batches = Batches(Examples(PICTURES), config.space, 8, 0, FP32.torch)
        torch.manual_seed(0)
        rows.append(dict(zip(players.measures, players.step(batches, 0).tolist(), strict=True)))
    alone, beside = rows
    assert set(MEASURES) < alone.keys() < beside.keys()
    assert alone == {name: beside[name] for name in alone}


def test_the_report_draws_what_the_history_has() -> None:
    assert {name for curve in AdversarialGame.curves("rpgan") for name in curve.columns} >= set(MEASURES)


def test_the_mean_sign_is_that_of_the_paper_where_logits_have_a_boundary() -> None:
    real, fake = torch.tensor([2.0, 1.0, -1.0, 0.5]), torch.tensor([-1.0, -1.0])
    assert mean_sign(real, fake, 0.0).item() == 0.5
    assert mean_sign(real, fake, 0.75).item() == 0.0


def test_without_a_boundary_a_constant_in_the_logits_changes_nothing() -> None:
    random = torch.Generator().manual_seed(0)
    real, fake = torch.randn(1000, generator=random) + 1.0, torch.randn(1000, generator=random) - 1.0
    centred = mean_sign(real, fake)
    assert mean_sign(real + 7, fake + 7) == centred
    assert centred.item() == pytest.approx(mean_sign(real, fake, 0.0).item(), abs=0.05)  # both kinds are alike
    assert centred.item() == pytest.approx(0.683, abs=0.05)  # 2 Φ(1) - 1
    assert mean_sign(real, real.flip(0)).abs() < 0.05  # nothing is told apart


def test_the_probability_moves_at_the_stated_speed_and_stays_in_its_bounds() -> None:
    made = game(augmented(p="adaptive", augment_speed=1000)).augmentation
    assert made
    far, near = torch.tensor([3.0, 2.0]), torch.tensor([-3.0, -2.0])

    def steps(first: int, count: int, real: Tensor, fake: Tensor) -> float:
        for step in range(first, first + count):
            made.begin(step)
            made.watch(mean_sign(real, fake, 0.0))
            made.move(step, images=8)
        return float(made.p)

    assert steps(0, EVERY - 1, far, near) == 0  # not yet
    assert steps(EVERY - 1, 1, far, near) == pytest.approx(EVERY * 8 / 1000)
    assert steps(EVERY, 4 * EVERY, far, near) == pytest.approx(5 * EVERY * 8 / 1000)
    assert steps(0, EVERY, near, far) == pytest.approx(4 * EVERY * 8 / 1000)  # D is wrong: less
    assert steps(0, 1000, far, near) == pytest.approx(HIGHEST)
    assert steps(0, 1000, near, far) == 0


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"data": {"name": "ring8"}}, "objective.augment: only images are augmented"),
        ({"data": {"name": "moving_digits"}}, "objective.augment: only images are augmented"),
        ({"data": {"given": "noisy"}}, "objective.augment: the given images would not be changed"),
        ({"data": {"other": "digits8"}}, "objective.augment: the given images would not be changed"),
        ({"model": {"name": "vae"}}, "objective.augment: the game 'vae' cannot augment images"),
        (
            {"model": {"encoder": "adversarial", "conditional": False}},
            "objective.augment: the game 'bigan' cannot augment images",
        ),
        ({"objective": {"labelled": 100}}, "objective.augment: the game 'semi_supervised' cannot augment"),
        ({"objective": {"augment": "blur"}}, "objective.augment: unknown augmentation 'blur'; choose none, colour,"),
        ({"objective": {"augment": "flip+flip"}}, "objective.augment: 'flip+flip' names an augmentation twice"),
        ({"objective": {"augment_p": 0}}, "objective.augment_p: must be a number above 0 and at most 1, or adaptive"),
        ({"objective": {"augment_p": "adaptiv"}}, "objective.augment_p: must be a number above 0 and at most 1, or a"),
    ],
)
def test_what_cannot_be_augmented_is_refused(changes: dict[str, dict[str, Any]], says: str) -> None:
    automatic = {
        "data": {},
        "model": {"name": "auto", "conditional": "auto"},
        "objective": {"loss": "auto", "penalty": "auto"},
    }
    sections = {name: automatic[name] | changes.get(name, {}) for name in automatic}
    sections["objective"] = {"augment": "flip"} | sections["objective"]
    with pytest.raises(UserError) as caught:
        parameters(**sections)
    assert says in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("augment", "p", "idle"),
    [
        ("none", 1.0, ["augment_p", "augment_target", "augment_speed"]),
        ("flip", 1.0, ["augment_target", "augment_speed"]),
        ("flip", "adaptive", []),
    ],
)
def test_what_has_no_effect_is_named(augment: str, p: float | str, idle: list[str]) -> None:
    params, names = augmented(augment, p), ("augment", "augment_p", "augment_target", "augment_speed")
    found = without_effect(game_params(params), params.train, [f"objective.{name}" for name in names])
    assert found == [f"objective.{name}" for name in idle]


def test_the_middle_of_the_answers_is_that_of_the_whole_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = list[int]()

    def watch(real: Tensor, fake: Tensor, boundary: float | None) -> Tensor:
        watched.append(len(real))
        return mean_sign(real, fake, boundary)

    monkeypatch.setattr("nashgan.games.adversarial.mean_sign", watch)
    for parts in (1, 4):
        params = augmented("flip", "adaptive", loss="rpgan", d_steps=1)
        players = game(params.model_copy(update={"train": params.train.model_copy(update={"accumulate": parts})}))
        assert players.augmentation and players.parts == parts
        players.augmentation.begin(0)
        players.discriminator_step(torch.zeros(8, 1, 8, 8))
    assert watched == [8, 8]
