"""Players of series: shapes for any length, labels, second derivatives, the same sample from the same latents."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from nashgan.models import DISCRIMINATORS, MODELS
from nashgan.models.config import ModelConfig, build_discriminator, build_generator
from nashgan.models.generator import LoadedGenerator
from nashgan.objectives import PENALTIES
from nashgan.objectives.penalties import GradientPenalty
from nashgan.spaces.series import SeriesSpace

GENERATORS = [name for name in ("conv1d", "dense", "gru", "lstm", "mlp") if "sequence" in MODELS[name].layouts]
JUDGES = [name for name in ("conv1d", "dense", "gru", "lstm", "mlp") if "sequence" in DISCRIMINATORS[name].layouts]


def config(name: str, length: int = 12, channels: int = 2, classes: int = 0) -> ModelConfig:
    space = SeriesSpace(length, (0.0,) * channels, 1.0)
    return ModelConfig(name=name, examples=space.format, latent=5, width=2, classes=classes)


@pytest.fixture(autouse=True)
def seeded() -> Iterator[None]:
    torch.manual_seed(0)
    yield


def test_all_five_take_sequences() -> None:
    assert len(GENERATORS) == len(JUDGES) == 5


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize(("length", "channels"), [(4, 1), (5, 3), (48, 2), (61, 1)])
@pytest.mark.parametrize("name", GENERATORS)
def test_a_series_of_any_length_is_drawn_and_judged(name: str, length: int, channels: int, classes: int) -> None:
    built = config(name, length, channels, classes)
    labels = torch.arange(6) % classes if classes else None
    series = build_generator(built)(torch.randn(6, 5), labels)
    assert series.shape == (6, channels, length) and not torch.allclose(series[0], series[1])
    logits = build_discriminator(built)(series, labels)
    assert logits.shape == (6,)
    logits.sum().backward()


@pytest.mark.parametrize("penalty", [name for name in PENALTIES if isinstance(PENALTIES[name].load(), GradientPenalty)])
@pytest.mark.parametrize("name", JUDGES)
def test_every_gradient_penalty_reaches_the_weights(name: str, penalty: str) -> None:
    judge, cost = build_discriminator(config(name)), PENALTIES[penalty].load()
    cost(judge, torch.randn(4, 2, 12), torch.randn(4, 2, 12)).backward()
    assert any(weight.grad is not None and weight.grad.any() for weight in judge.parameters())


@pytest.mark.parametrize("name", GENERATORS)
def test_a_sample_depends_on_the_seed_and_its_index_alone(name: str) -> None:
    built = config(name)
    generator = LoadedGenerator(built, build_generator(built).eval(), "", torch.device("cpu"))
    many = generator.sample(3, 70)
    assert many.shape == (70, 12, 2) and many.dtype == np.float32
    assert np.array_equal(generator.sample(3, 4, start=63), many[63:67])
    assert not np.array_equal(generator.sample(4, 2), many[:2])
