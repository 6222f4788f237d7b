"""What is reported of D's answers means the same for every loss, and measuring it changes no bit of a training."""

import copy
from typing import Any

import pytest
import torch
from tiny_training import FP32, PICTURES, game_params, parameters
from torch import Tensor, nn
from torch.optim import Adam

from nashgan.games.adversarial import AdversarialGame
from nashgan.games.batches import Batches
from nashgan.models.config import ModelConfig
from nashgan.objectives import LOSSES
from nashgan.objectives.losses import PairedLoss
from nashgan.records.examples import Examples
from nashgan.spaces.image import ImageSpace

CONFIG = ModelConfig(name="mlp", examples=ImageSpace(1, 32, 32).format, latent=4, width=2)


def game(**objective: Any) -> AdversarialGame:
    params = parameters(model={"name": "mlp"}, objective=objective)
    return AdversarialGame.create(CONFIG, game_params(params), FP32, len(PICTURES))


def step(players: AdversarialGame) -> dict[str, float]:
    """The measures of one step, by name."""
    torch.manual_seed(0)
    measured = players.step(Batches(Examples(PICTURES), CONFIG.space, 8, 0, torch.device("cpu")), 0)
    return dict(zip(players.measures, measured.tolist(), strict=True))


def raise_all_logits(discriminator: nn.Module, by: float) -> None:
    *_, bias = discriminator.parameters()
    with torch.no_grad():
        bias.add_(by)


@pytest.mark.parametrize("loss", LOSSES)
def test_probabilities_only_where_there_are_some(loss: str) -> None:
    players = game(loss=loss, penalty="clip" if loss == "wgan" else "none")
    measured = step(players)
    assert 0 <= measured["d_ordered"] <= 1
    assert {"logit_real", "logit_fake"} <= measured.keys()
    assert {"d_real", "d_fake"}.isdisjoint(measured) != players.loss.gives_probabilities
    assert ("D(x) and D(G(z))" in {curve.title for curve in players.curves(loss)}) == players.loss.gives_probabilities


def test_a_number_added_to_all_logits_changes_nothing_that_is_said_of_rpgan() -> None:
    before, after = game(loss="rpgan", penalty="r1_r2"), game(loss="rpgan", penalty="r1_r2")
    raise_all_logits(after.discriminator, 20.0)
    one, other = step(before), step(after)
    assert other.pop("logit_real") - one.pop("logit_real") == pytest.approx(20, abs=1e-4)
    assert other.pop("logit_fake") - one.pop("logit_fake") == pytest.approx(20, abs=1e-4)
    assert one == pytest.approx(other, rel=1e-3)


@pytest.mark.parametrize(
    ("real", "fake", "share"),
    [([1, 2, 3], [0, 1, 2], 1), ([1, 0, 0, 5], [0, 0, 1, 5], 0.5), ([0, 0], [0, 0], 0.5), ([-9, -9], [-8, -8], 0)],
)
def test_the_share_of_pairs_by_hand(real: list[float], fake: list[float], share: float) -> None:
    logits = [torch.tensor(one, dtype=torch.float32) for one in (real, fake)]
    ordered, on_real, on_fake = game(loss="rpgan", penalty="none").answers(*logits)
    assert ordered == pytest.approx(share)
    assert (on_real, on_fake) == (logits[0].mean(), logits[1].mean())


@pytest.mark.parametrize("loss", ["rpgan", "non_saturating"])
def test_measuring_changes_no_bit_of_the_weights(loss: str) -> None:
    """Against the game's textbook step, which measures nothing."""
    played = game(loss=loss, penalty="r1_r2", penalty_share=1.0)
    textbook = copy.deepcopy(played)
    batches = Batches(Examples(PICTURES), CONFIG.space, 8, 0, torch.device("cpu"))
    for k in range(3):
        torch.manual_seed(k)
        played.step(batches, 8 * k)
        torch.manual_seed(k)
        textbook_step(textbook, batches(k)[0])
    for one, other in zip(played.modules().values(), textbook.modules().values(), strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def descend(loss: Tensor) -> None:
    loss.backward()  # type: ignore[no-untyped-call]


def textbook_step(players: AdversarialGame, real: Tensor) -> None:
    """One step with R1 and R2 of γ = 1, from the sources alone."""
    g, d, loss = players.generator, players.discriminator, players.loss
    adam: list[Adam] = [players.optimizer_d, players.optimizer_g]  # type: ignore[list-item]
    with torch.no_grad():
        fake = g(torch.randn(8, CONFIG.latent), None)
    points = torch.cat([real, fake]).requires_grad_()
    logits = d(points)
    (slopes,) = torch.autograd.grad(logits.sum(), points, create_graph=True)
    adam[0].zero_grad()
    descend(loss.discriminator(*logits.chunk(2)) + slopes.square().flatten(1).sum(1).mean())
    adam[0].step()
    adam[1].zero_grad()
    d.requires_grad_(False)
    on_fake = d(g(torch.randn(8, CONFIG.latent), None))
    descend(loss.generator(d(real), on_fake) if isinstance(loss, PairedLoss) else loss.generator(on_fake))
    adam[1].step()
    d.requires_grad_(True)
