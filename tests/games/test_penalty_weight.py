"""The penalty's weight falls along half a cosine where an end is named, and stays the same where none is."""

import pytest
from tiny_training import FP32, game_params, parameters

from nashgan.games.adversarial import AdversarialGame
from nashgan.models.config import ModelConfig
from nashgan.spaces.image import ImageSpace


def game(**objective: object) -> AdversarialGame:
    params = parameters(
        model={"name": "mlp"}, objective={"loss": "rpgan", "penalty": "r1_r2", **objective}, train={"images": 1000}
    )
    config = ModelConfig(name="mlp", examples=ImageSpace(1, 8, 8).format, latent=2, width=1)
    return AdversarialGame.create(config, game_params(params), FP32, 64)


def test_it_falls_along_half_a_cosine() -> None:
    falling = game(penalty_weight=0.4, penalty_weight_end=0.1)
    assert falling.penalty_weight(0) == pytest.approx(0.4)
    assert falling.penalty_weight(500) == pytest.approx(0.25)  # halfway
    assert falling.penalty_weight(250) == pytest.approx(0.25 + 0.15 * 2**-0.5)
    assert falling.penalty_weight(1000) == falling.penalty_weight(2000) == pytest.approx(0.1)


def test_it_may_rise_and_starts_at_the_penaltys_own_value() -> None:
    rising = game(penalty_weight=None, penalty_weight_end=5.0)
    assert rising.penalty_weight(0) == pytest.approx(1.0) and rising.penalty_weight(1000) == pytest.approx(5.0)


@pytest.mark.parametrize("weight", [None, 0.3])
def test_without_an_end_it_stays_the_same(weight: float | None) -> None:
    constant = game(penalty_weight=weight, penalty_weight_end=None)
    assert [constant.penalty_weight(seen) for seen in (0, 10, 1000)] == [weight or 1.0] * 3


@pytest.mark.parametrize("penalty", ["none", "spectral"])
def test_a_penalty_without_a_weight_has_none_to_change(penalty: str) -> None:
    assert game(penalty=penalty, penalty_weight=None, penalty_weight_end=0.5).penalty_weight(100) == 0
