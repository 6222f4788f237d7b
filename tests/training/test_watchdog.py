"""The watchdog names what goes wrong, and a broken game goes back to a checkpoint with lower learning rates."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny_training import FP32, PICTURES, Witness, game_params, parameters, play

from nashgan.games.adversarial import AdversarialGame
from nashgan.games.batches import Batches
from nashgan.models.config import ModelConfig
from nashgan.objectives import LOSSES
from nashgan.records.examples import Examples
from nashgan.runtime.errors import Diverged
from nashgan.spaces.image import ImageSpace
from nashgan.training.checkpoint import Checkpoints
from nashgan.training.loop import train
from nashgan.training.params import WatchdogParams
from nashgan.training.watchdog import (
    Predictions,
    broken_row,
    collapsed,
    effective_classes,
    few_classes,
    lopsided,
    pairwise_distance,
)

PARAMS = WatchdogParams(explosion=100, collapse=0.2, max_rollbacks=3)


def rows(*norms: float, d_loss: float = 1.0) -> list[dict[str, float]]:
    return [{"images": 100 * i, "d_loss": d_loss, "grad_norm_d": norm} for i, norm in enumerate(norms)]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_not_finite_is_named(value: float) -> None:
    event = broken_row(rows(1, value), PARAMS)
    assert event is not None
    assert (event.images, event.kind, event.detail) == (100, "non_finite", "grad_norm_d not finite")
    assert event.fatal


def test_an_explosion_is_measured_against_the_median_of_the_rows_before() -> None:
    assert broken_row(rows(1, 2, 3, 2, 1, 199), PARAMS) is None
    event = broken_row(rows(1, 2, 3, 2, 1, 201), PARAMS)
    assert event is not None
    assert event.kind == "explosion"
    assert event.detail == "grad_norm_d is 201, its median was 2"
    assert broken_row(rows(1, 1, 1, 1, 1e9), PARAMS) is None  # four rows are no basis


@pytest.mark.parametrize(
    ("loss", "indifferent"),
    [("non_saturating", 2 * math.log(2)), ("lsgan", 0.5), ("hinge", 2), ("rpgan", math.log(2)), ("wgan", 0)],
)
def test_d_has_won_when_its_loss_is_nothing_beside_that_of_telling_nothing_apart(loss: str, indifferent: float) -> None:
    assert loss in LOSSES
    penalty = "clip" if loss == "wgan" else "none"
    params = parameters(model={"name": "mlp"}, objective={"loss": loss, "penalty": penalty})
    config = ModelConfig(name="mlp", examples=ImageSpace(1, 2, 2).format, latent=2, width=1)
    players = AdversarialGame.create(config, game_params(params), FP32, len(PICTURES))
    assert players.indifferent_loss == pytest.approx(indifferent)
    won = lopsided(rows(*[1.0] * 5, d_loss=0.009 * indifferent), indifferent)
    assert (won is not None) == (indifferent > 0)
    assert lopsided(rows(*[1.0] * 4, d_loss=0), indifferent) is None
    assert lopsided(rows(*[1.0] * 5, d_loss=0.02 * indifferent), indifferent) is None


def test_a_critic_that_tells_apart_has_not_won() -> None:
    """The critic's loss is the negative of a distance, so below zero while there is anything to learn."""
    assert lopsided(rows(*[1.0] * 5, d_loss=-14.0), 0.0) is None


def test_distance_of_pairs_by_hand() -> None:
    images = np.zeros((3, 1, 2, 2), np.uint8)
    images[2] = 255  # distances 0, 510, 510
    assert pairwise_distance(images) == pytest.approx(340)
    assert pairwise_distance(images[:1]) == 0
    assert pairwise_distance(images, np.array([4, 7, 7])) == 510  # of the one pair of a class
    assert pairwise_distance(images, np.array([0, 1, 2])) == pytest.approx(340)  # no such pair: of all


def test_one_image_for_all_latents_is_a_collapse() -> None:
    real = pairwise_distance(PICTURES)
    event = collapsed(np.repeat(PICTURES[:1], 8, axis=0), real, 20_000, PARAMS)
    assert event is not None
    assert (event.kind, event.fatal) == ("collapse", False)
    assert collapsed(PICTURES[:8], real, 20_000, PARAMS) is None
    assert collapsed(np.repeat(PICTURES[:1], 8, axis=0), real, 19_000, PARAMS) is None  # nothing learned yet


def test_one_image_a_class_is_a_collapse_too() -> None:
    labels = np.arange(8) % 2
    samples = PICTURES[labels]
    real = pairwise_distance(PICTURES)
    assert collapsed(samples, real, 20_000, PARAMS) is None  # the two differ
    event = collapsed(samples, real, 20_000, PARAMS, labels)
    assert event is not None and event.kind == "collapse"
    assert event.detail == "samples of a class differ by 0% of what real examples differ by"
    assert collapsed(PICTURES[:8], real, 20_000, PARAMS, labels) is None


@given(st.lists(st.integers(0, 20), min_size=1, max_size=64))
def test_classes_in_effect_are_one_to_the_number_of_classes(classes: list[int]) -> None:
    found = effective_classes(np.array(classes))
    assert 1 - 1e-9 <= found <= len(set(classes)) + 1e-9


@pytest.mark.parametrize(
    ("shares", "expected"), [([5], 1), ([4, 4], 2), ([0, 7, 7, 7], 3), ([3, 1], 4 / 3**0.75), ([1] * 64, 64)]
)
def test_classes_in_effect_by_hand(shares: list[int], expected: float) -> None:
    assert effective_classes(np.repeat(np.arange(len(shares)), shares)) == pytest.approx(expected)


BALANCED = np.arange(64) % 10
DIGITS = list("0123456789")


@pytest.mark.parametrize("missing", range(1, 10))
def test_a_lack_of_classes_is_named_where_few_are_left(missing: int) -> None:
    """Of ten classes: an alarm at two, none at three that are as frequent."""
    predicted = BALANCED % (10 - missing)
    event = few_classes(Predictions(predicted, BALANCED, DIGITS), 20_000, PARAMS)
    assert (event is not None) == (10 - missing < 1 + 0.2 * (effective_classes(BALANCED) - 1)) == (missing > 7)
    assert few_classes(Predictions(predicted, BALANCED, DIGITS), 19_000, PARAMS) is None


def test_what_is_said_of_a_lack_of_classes() -> None:
    predicted = np.repeat([1, 8], [4, 60])
    event = few_classes(Predictions(predicted, BALANCED, DIGITS), 24_000, PARAMS)
    assert event is not None
    assert (event.images, event.kind, event.fatal) == (24_000, "few_classes", False)
    assert event.detail == "94% of the samples are taken for '8'; classes in effect: 1.3, of real images 10.0"


@given(st.integers(10, 200), st.integers(0, 2**32 - 1))
def test_chance_is_no_lack_of_classes(classes: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    predicted, real = random.integers(0, classes, (2, 64))
    assert few_classes(Predictions(predicted, real, [str(i) for i in range(classes)]), 10**6, PARAMS) is None


def test_real_images_of_nearly_one_class_say_nothing() -> None:
    real = np.repeat([0, 1, 2], [56, 4, 4])
    assert few_classes(Predictions(np.zeros(64, np.int64), real, list("abc")), 10**6, PARAMS) is None


class Exploding(AdversarialGame):
    """AdversarialGame whose weights turn to NaN once, or always, when some images were seen."""

    times = 1

    def step(self, batches: Batches, seen: int) -> torch.Tensor:
        measures = super().step(batches, seen)
        if seen == 56 and self.times:
            self.times -= 1
            with torch.no_grad():
                for parameter in self.generator.parameters():
                    parameter.fill_(math.nan)
            measures[1] = math.nan
        return measures


def explode(folder: Path, times: int, witness: Witness) -> tuple[AdversarialGame, list[float]]:
    rates: dict[str, object] = {"lr_generator": 2e-4, "lr_discriminator": 2e-4, "lr_end": 1.0}
    params = parameters(
        objective={"loss": "non_saturating", "penalty": "none"},
        train={"log_every": 8, "evaluate_every": 0, "keep": "last", **rates},
    )
    config = ModelConfig(name="dcgan", examples=ImageSpace(1, 32, 32).format, latent=4, width=2)
    players = Exploding.create(config, game_params(params), FP32, len(PICTURES))
    assert isinstance(players, Exploding)
    players.times = times
    batches = Batches(Examples(PICTURES), config.space, params.train.batch, params.train.seed, FP32.torch)
    history = train(players, batches, params.train, Checkpoints(folder), [witness])
    return players, [row["lr_g"] for row in history.rows]


def test_a_broken_game_goes_back_with_half_the_learning_rates(tmp_path: Path) -> None:
    witness = Witness()
    players, rates = explode(tmp_path, 1, witness)
    assert [(event.kind, event.images) for event in witness.events] == [("non_finite", 64)]
    assert rates == [2e-4] * 6 + [1e-4] * 6  # back to the checkpoint of 48 images
    assert all(parameter.isfinite().all() for parameter in players.generator.parameters())


def test_a_game_that_breaks_again_and_again_stops_and_keeps_its_checkpoints(tmp_path: Path) -> None:
    witness = Witness()
    with pytest.raises(Diverged, match=r"non_finite at 64 images \(g_loss not finite\); the last good checkpoint is"):
        explode(tmp_path, 99, witness)
    assert len(witness.events) == 4  # three rollbacks, and the one that ended it
    found = Checkpoints(tmp_path).newest()
    assert found is not None
    assert found.state["seen"] == 48
    assert all(tensor.isfinite().all() for tensor in found.tensors.values())


def test_a_healthy_game_has_no_events(tmp_path: Path) -> None:
    witness = Witness()
    _, history = play(tmp_path, parameters(), witness)
    assert not [event for event in history.events if event.fatal]
