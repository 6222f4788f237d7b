"""The policy gradient: maximum likelihood comes first; then rewarded lines become more probable, too."""

import pytest
import torch
from tiny_training import FP32, game_params, parameters
from torch import Tensor, nn

from nashgan.games.batches import Batches
from nashgan.games.policy_gradient import PolicyGradientGame
from nashgan.models.config import ModelConfig
from nashgan.models.seqgan import Generator
from nashgan.records.examples import Examples
from nashgan.spaces.text import TextSpace

SPACE = TextSpace("\nab", 2)
LINES = SPACE.indices(["ab"] * 12 + ["ba"] * 4)


class LikesA(nn.Module):
    """A discriminator whose logit is four for each a."""

    def forward(self, lines: Tensor, labels: Tensor | None) -> Tensor:
        return 4 * lines[:, 1].sum(1)


def game(images: int, loss: str = "non_saturating") -> PolicyGradientGame:
    params = parameters(
        data={"name": "names"},
        model={"name": "seqgan", "discriminator": "auto", "latent": 6, "width": 2},
        objective={"loss": loss, "penalty": "none"},
        train={"images": images, "batch": 16, "lr_generator": 0.02},
    )
    config = ModelConfig(name="seqgan", examples=SPACE.format, latent=6, width=2)
    made = PolicyGradientGame.create(config, game_params(params), FP32, len(LINES))
    assert isinstance(made, PolicyGradientGame)
    return made


def probabilities(played: PolicyGradientGame) -> dict[str, float]:
    lines, generator = ["aa", "ab", "ba"], played.generator
    assert isinstance(generator, Generator)
    with torch.no_grad():
        found = generator.log_likelihood(SPACE.to_players(torch.from_numpy(SPACE.indices(lines)))).exp()
    return dict(zip(lines, found.tolist(), strict=True))


def test_likelihood_comes_first_and_then_the_discriminators_answer_beside_it() -> None:
    """E log p_G(line) + E_G logit, with the logits 8 of aa and 4 of ab and ba, is greatest where p_G(aa) = 3/4."""
    images = 16 * 240
    played = game(images)
    played.discriminator = LikesA()
    played.discriminator_step = lambda *_: torch.zeros(5)  # type: ignore[method-assign]
    batches = Batches(Examples(LINES), SPACE, 16, 0, FP32.torch)
    torch.manual_seed(0)
    for seen in range(0, images // 2, 16):
        played.step(batches, seen)
    learned = probabilities(played)
    assert abs(learned["ab"] - 0.75) < 0.1 and abs(learned["ba"] - 0.25) < 0.1
    for seen in range(images // 2, images, 16):
        played.step(batches, seen)
    rewarded = probabilities(played)
    assert abs(rewarded["aa"] - 0.75) < 0.15 and abs(rewarded["ab"] - 0.19) < 0.15


@pytest.mark.parametrize("loss", ["non_saturating", "hinge"])
def test_an_advantage_is_the_logit_beside_the_batchs_mean(loss: str) -> None:
    played = game(1000, loss)
    played.discriminator = LikesA()
    lines = SPACE.to_players(torch.from_numpy(SPACE.indices(["aa", "ab", "bb", "ba"])))
    assert played.advantages(lines).tolist() == [4, 0, -4, 0]
