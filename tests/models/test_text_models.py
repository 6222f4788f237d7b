"""Players for sequences: shapes, gradients, the Gumbel noise, and what they refuse."""

import numpy as np
import pytest
import torch
from scipy.stats import gumbel_r, kstest
from torch import nn

from nashgan.models import DISCRIMINATORS, MODELS
from nashgan.models.config import ModelConfig, build_discriminator, build_generator
from nashgan.models.generator import BLOCK, LoadedGenerator
from nashgan.models.gumbel import Generator as Gumbel
from nashgan.models.gumbel import GumbelNoise
from nashgan.models.seqgan import Generator as SeqGAN
from nashgan.objectives import PENALTIES
from nashgan.objectives.penalties import GradientPenalty
from nashgan.runtime.errors import UserError
from nashgan.spaces.points import PointSpace
from nashgan.spaces.text import TextSpace

SPACE = TextSpace.around(["abcd", "efghijk"])
LATENT = 12
GENERATORS = [name for name, entry in MODELS.items() if "sequence" in entry.layouts]
LEARN_BY_GRADIENT = [name for name in GENERATORS if MODELS[name].game == "adversarial"]
JUDGES = [name for name, entry in DISCRIMINATORS.items() if "sequence" in entry.layouts]


def config(name: str, classes: int = 0) -> ModelConfig:
    return ModelConfig(name=name, examples=SPACE.format, latent=LATENT, width=2, classes=classes)


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("name", LEARN_BY_GRADIENT)
def test_a_generator_makes_distributions_and_each_weight_has_a_gradient(name: str, classes: int) -> None:
    torch.manual_seed(0)
    generator = build_generator(config(name, classes))
    labels = torch.arange(6) % classes if classes else None
    made = generator(torch.randn(6, LATENT), labels)
    assert made.shape == (6, *SPACE.shape)
    assert torch.allclose(made.sum(1), torch.ones(6, SPACE.length), atol=1e-5) and (made >= -1e-6).all()
    (made * torch.randn_like(made)).sum().backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in generator.parameters())


@pytest.mark.parametrize("penalty", [name for name, entry in PENALTIES.items() if entry.of_each_example])
@pytest.mark.parametrize("name", JUDGES)
def test_a_discriminator_has_second_derivatives_for_every_penalty(name: str, penalty: str) -> None:
    torch.manual_seed(0)
    judge = build_discriminator(config(name))
    lines = SPACE.to_players(torch.from_numpy(SPACE.indices(["abcd", "efg", "kjihgfe"])))
    cost = PENALTIES[penalty].load()
    assert isinstance(cost, GradientPenalty)
    cost(judge, lines, lines.roll(1, 0)).backward()  # type: ignore[no-untyped-call]
    assert judge(lines).shape == (3,)
    assert any(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in judge.parameters())


@pytest.mark.parametrize("length", [1, 2, 5, 40])
@pytest.mark.parametrize("name", ["residual1d", "pyramid1d"])
def test_convolutions_take_any_length(name: str, length: int) -> None:
    space = TextSpace("\nab", length)
    judge = build_discriminator(ModelConfig(name=name, examples=space.format, latent=4, width=2))
    assert judge(torch.zeros(2, *space.shape)).shape == (2,)


@pytest.mark.parametrize("name", GENERATORS)
def test_a_sample_depends_on_the_seed_and_its_place_alone(name: str) -> None:
    torch.manual_seed(0)
    loaded = LoadedGenerator(config(name), build_generator(config(name)).eval(), "", torch.device("cpu"))
    block = loaded.sample(5, BLOCK)
    assert block.dtype == np.uint8 and block.shape == (BLOCK, SPACE.length)
    assert np.array_equal(loaded.sample(5, 3, start=2), block[2:5])
    assert not np.array_equal(loaded.sample(6, BLOCK), block)


@pytest.mark.parametrize("latent", [8, 40])  # fewer dimensions than the 30 numbers, and more
def test_the_noise_has_the_standard_gumbel_distribution(latent: int) -> None:
    torch.manual_seed(0)
    noise = GumbelNoise(latent, characters=6, positions=5)
    drawn = noise(torch.randn(2000, latent))
    assert drawn.shape == (2000, 5, 6)
    for number in drawn.flatten(1).T[:8]:
        assert kstest(number.numpy(), gumbel_r.cdf).pvalue > 1e-3
    correlations = np.corrcoef(drawn.flatten(1).T.numpy())[np.triu_indices(30, 1)]
    assert np.abs(correlations).max() < (0.1 if latent >= 30 else 1)


def test_the_gumbel_generator_draws_each_character_with_its_probability() -> None:
    space = TextSpace("\nabc", 1)
    generator = Gumbel(space, latent=4, width=1)
    with torch.no_grad():
        for weight in generator.parameters():
            weight.zero_()
        generator.logits.bias.copy_(torch.tensor([0.1, 0.2, 0.3, 0.4]).log())
        drawn = generator(torch.randn(20_000, 4))[:, :, 0].mean(0)
    assert torch.allclose(drawn, torch.tensor([0.1, 0.2, 0.3, 0.4]), atol=0.015)  # four standard errors


@pytest.mark.parametrize("name", ["gumbel", "seqgan"])
def test_behind_an_end_mark_are_end_marks(name: str) -> None:
    torch.manual_seed(0)
    generator = build_generator(config(name))
    assert isinstance(generator.logits, nn.Linear) and generator.logits.bias is not None
    nn.init.constant_(generator.logits.bias[:1], 2.0)  # many lines end early
    drawn = generator(torch.randn(200, LATENT)).argmax(1)
    ended = (drawn == 0).cummax(1).values
    assert ended[:, 0].any() and not ended[:, -1].all()
    assert (drawn[ended] == 0).all()


@pytest.mark.skipif(
    not torch.ops.mkldnn._is_mkldnn_bf16_supported(), reason="oneDNN has no LSTM in bfloat16 for this processor"
)
@pytest.mark.parametrize("name", ["gumbel", "seqgan"])
def test_characters_are_drawn_in_bfloat16(name: str) -> None:
    torch.manual_seed(0)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        drawn = build_generator(config(name))(torch.randn(4, LATENT))
    assert torch.equal(drawn.sum(1), torch.ones(4, SPACE.length))


@pytest.mark.parametrize(("name", "generator"), [("gumbel", Gumbel), ("seqgan", SeqGAN)])
def test_these_generators_draw_text_only(name: str, generator: type[Gumbel | SeqGAN]) -> None:
    with pytest.raises(UserError, match=rf"model\.name: {name} draws text, not points"):
        generator(PointSpace((0.0, 0.0), 1.0), 4, 2)


def test_the_likelihood_is_the_probability_of_being_drawn() -> None:
    torch.manual_seed(0)
    space = TextSpace("\nab", 2)
    generator = SeqGAN(space, latent=6, width=1)
    lines = space.to_players(torch.from_numpy(space.indices(["", "a", "b", "aa", "ab", "ba", "bb"])))
    with torch.no_grad():
        probabilities = generator.log_likelihood(lines).exp()
        drawn = generator(torch.randn(20_000, 6))
    assert probabilities.sum() == pytest.approx(1, abs=1e-5)
    for line, probability in zip(lines, probabilities.tolist(), strict=True):
        share = (drawn == line).flatten(1).all(1).float().mean().item()
        assert share == pytest.approx(probability, abs=0.015)  # four standard errors
