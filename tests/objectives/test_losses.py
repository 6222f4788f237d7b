"""Losses against numbers computed by hand, their limits and their gradients."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from nashgan.objectives import LOSSES
from nashgan.objectives.losses import MINIMAX, NON_SATURATING, Loss, PairedLoss

E = math.e
REAL, FAKE = [1.0, -2.0], [0.5, 3.0]


def log1p_exp(t: float) -> float:
    return math.log(1 + E**t)


def mean(*values: float) -> float:
    return sum(values) / len(values)


CROSS_ENTROPY = mean(log1p_exp(-1), log1p_exp(2)) + mean(log1p_exp(0.5), log1p_exp(3))
BY_HAND = {  # of D and of G, for the logits above
    "non_saturating": (CROSS_ENTROPY, mean(log1p_exp(-0.5), log1p_exp(-3))),
    "minimax": (CROSS_ENTROPY, mean(math.log(1 - 1 / (1 + E**-0.5)), math.log(1 - 1 / (1 + E**-3)))),
    "bce_mse": (CROSS_ENTROPY, mean((1 / (1 + E**-0.5) - 1) ** 2, (1 / (1 + E**-3) - 1) ** 2)),
    "lsgan": (0.5 * mean(0, 9) + 0.5 * mean(0.25, 9), 0.5 * mean(0.25, 4)),
    "wgan": (mean(0.5, 3) - mean(1, -2), -mean(0.5, 3)),
    "hinge": (mean(0, 3) + mean(1.5, 4), -mean(0.5, 3)),
    "rpgan": (mean(log1p_exp(-0.5), log1p_exp(5)), mean(log1p_exp(0.5), log1p_exp(-5))),
}


def losses(name: str, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    loss: Loss | PairedLoss = LOSSES[name].load()
    of_generator = loss.generator(real, fake) if isinstance(loss, PairedLoss) else loss.generator(fake)
    return loss.discriminator(real, fake), of_generator


def test_every_loss_is_computed_by_hand() -> None:
    assert BY_HAND.keys() == LOSSES.keys()


@pytest.mark.parametrize("name", LOSSES)
def test_by_hand(name: str) -> None:
    real, fake = torch.tensor(REAL, dtype=torch.float64), torch.tensor(FAKE, dtype=torch.float64)
    assert torch.stack(losses(name, real, fake)).tolist() == pytest.approx(BY_HAND[name], rel=1e-12)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("logit", [1e4, -1e4])
def test_finite_at_extreme_logits(name: str, logit: float) -> None:
    real = torch.full((3,), logit, requires_grad=True)
    fake = torch.full((3,), -logit, requires_grad=True)
    for loss in losses(name, real, fake):
        gradients = torch.autograd.grad(loss, (real, fake), allow_unused=True)
        assert torch.isfinite(loss)
        assert all(torch.isfinite(g).all() for g in gradients if g is not None)


def test_a_lost_discriminator_still_teaches() -> None:
    """At logit -1e4 the saturating loss is flat, the non-saturating one has slope -1."""
    fake = torch.full((1,), -1e4, requires_grad=True)
    (flat,) = torch.autograd.grad(MINIMAX.generator(fake), fake)
    (steep,) = torch.autograd.grad(NON_SATURATING.generator(fake), fake)
    assert flat.item() == 0
    assert steep.item() == -1


@pytest.mark.parametrize("name", ["non_saturating", "minimax", "bce_mse"])
def test_equilibrium(name: str) -> None:
    """D = 1/2 everywhere: the value of the game is 2 log 2 (Goodfellow et al., 2014, theorem 1, with log 4)."""
    of_discriminator, _ = losses(name, torch.zeros(5), torch.zeros(5))
    assert of_discriminator.item() == pytest.approx(2 * math.log(2))


def test_relativistic_equilibrium() -> None:
    for loss in losses("rpgan", torch.full((5,), 3.0), torch.full((5,), 3.0)):
        assert loss.item() == pytest.approx(math.log(2))


@given(
    logits=st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=1, max_size=8), shift=st.floats(-100, 100)
)
def test_relativistic_loss_sees_differences_only(logits: list[tuple[float, float]], shift: float) -> None:
    real, fake = torch.tensor(logits, dtype=torch.float64).T
    here, there = losses("rpgan", real, fake), losses("rpgan", real + shift, fake + shift)
    assert torch.stack(here).tolist() == pytest.approx(torch.stack(there).tolist(), abs=1e-9)


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_against_finite_differences(name: str) -> None:
    real = torch.tensor(REAL, dtype=torch.float64, requires_grad=True) + 0.125  # off the hinge's corner
    fake = torch.tensor(FAKE, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda r, f: losses(name, r, f), (real, fake))
