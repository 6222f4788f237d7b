"""The random walk leaves the normal distribution as it is, and the samples meet the requirement."""

import numpy as np
import pytest
import torch

from nashgan.models.config import ModelConfig, build_generator
from nashgan.models.gaussian import STRIDE, Generator, metropolis, overshoot
from nashgan.models.generator import BLOCK, LoadedGenerator
from nashgan.spaces.image import ImageSpace

CONFIG = ModelConfig(name="gaussian", examples=ImageSpace(1, 4, 4).format, latent=6, width=1)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def fitted(limit: float) -> Generator:
    """A wide distribution around mid-grey: about a third of its pixels are out of range."""
    generator = build_generator(CONFIG)
    assert isinstance(generator, Generator)
    generator.factor.copy_(0.4 * torch.randn(6, 16, generator=rng()))
    generator.limit.fill_(limit)
    return generator


def loaded(limit: float = 0.02) -> LoadedGenerator:
    return LoadedGenerator(CONFIG, fitted(limit).eval(), "0" * 64, torch.device("cpu"))


def test_overshoot_is_the_distance_out_of_range() -> None:
    x = torch.tensor([[0.0, 1.0, -1.0, 0.5], [3.0, -1.0, 0.0, 0.0], [2.0, -2.0, 2.0, -2.0]])
    torch.testing.assert_close(overshoot(x), torch.tensor([0.0, 1.0, 1.0]))


@pytest.mark.parametrize("dimensions", [1, 8])
def test_the_walk_keeps_a_standard_normal(dimensions: int) -> None:
    """Stationarity: moments of N(0, I) stay within five standard errors after many steps of every walker."""
    start, n = torch.randn(20_000, dimensions, generator=rng(1)), 20_000
    walk = metropolis(start, lambda z: torch.ones(len(z)), torch.tensor(0.0), STRIDE, 40, rng())
    z = walk.z
    assert walk.met_before == walk.met == 0
    assert (z != start).any(1).float().mean() > 0.99
    assert (z.mean(0).abs() < 5 * n**-0.5).all()
    assert ((z.square().mean(0) - 1).abs() < 5 * (2 / n) ** 0.5).all()
    assert ((z**4).mean(0) - 3).abs().max() < 5 * (96 / n) ** 0.5
    if dimensions > 1:
        off_diagonal = (z.T @ z / n)[~torch.eye(dimensions, dtype=torch.bool)]
        assert off_diagonal.abs().max() < 5 * n**-0.5


def test_the_walk_finds_a_standard_normal_from_elsewhere() -> None:
    start = torch.full((4000, 2), 5.0)
    z = metropolis(start, lambda z: torch.ones(len(z)), torch.tensor(0.0), STRIDE, 200, rng()).z
    assert (z.mean(0).abs() < 0.1).all() and ((z.var(0) - 1).abs() < 0.15).all()


def test_acceptance_in_many_dimensions_is_the_known_one() -> None:
    """0.234 in the limit (Roberts, Gelman and Gilks, 1997)."""
    start = torch.randn(500, 100, generator=rng(1))
    walk = metropolis(start, lambda z: torch.ones(len(z)), torch.tensor(0.0), STRIDE, 20, rng())
    assert walk.acceptance == pytest.approx(0.234, abs=0.02)


def test_after_the_walk_every_sample_meets_the_requirement() -> None:
    generator = fitted(limit=0.02)
    walk = generator.walk(torch.randn(256, 6, generator=rng(1)), rng())
    assert walk.met_before < 0.5
    assert walk.met == 1
    assert 0 < walk.acceptance < 1
    assert (overshoot(generator.unbounded(walk.z)) <= generator.limit).all()


def test_samples_that_meet_the_requirement_stay() -> None:
    generator = fitted(limit=0.3)
    z = torch.randn(256, 6, generator=rng(1))
    met = overshoot(generator.unbounded(z)) <= generator.limit
    walked = generator.walk(z, rng()).z
    assert 0.1 < met.float().mean() < 0.9
    assert torch.equal(walked[met], z[met])
    assert not (walked[~met] == z[~met]).all(1).any()


def test_a_requirement_out_of_reach_ends_the_walk() -> None:
    z = torch.randn(4, 6, generator=rng(1))
    walk = metropolis(z, lambda z: z.square().sum(1), torch.tensor(-1.0), STRIDE, 7, rng())
    assert walk.met == 0


def test_no_step_where_none_is_needed() -> None:
    generator = build_generator(CONFIG)
    assert isinstance(generator, Generator)
    z = torch.randn(4, 6)
    walk = generator.walk(z, rng())
    assert torch.equal(walk.z, z)
    assert (walk.met_before, walk.met, walk.acceptance) == (1, 1, 0)


@pytest.mark.parametrize(("start", "count"), [(0, 1), (60, 10), (BLOCK + 3, 5)])
def test_an_image_depends_on_seed_and_index_alone(start: int, count: int) -> None:
    whole = loaded().sample(7, 3 * BLOCK)
    assert np.array_equal(loaded().sample(7, count, start), whole[start : start + count])
    assert not np.array_equal(loaded().sample(8, 3 * BLOCK), whole)


def test_samples_are_drawn_from_corrected_latents() -> None:
    generator = loaded()
    module = generator.module
    assert isinstance(module, Generator)
    for block in range(3):
        assert (overshoot(module.unbounded(generator.latents(7, block))) <= module.limit).all()
    assert not (overshoot(module.unbounded(torch.randn(BLOCK, 6))) <= module.limit).all()


def test_the_global_random_state_says_nothing() -> None:
    torch.manual_seed(1)
    one = loaded().sample(0, 4)
    torch.manual_seed(2)
    assert np.array_equal(loaded().sample(0, 4), one)


def test_it_cannot_be_asked_for_a_class() -> None:
    with pytest.raises(ValueError, match="labels"):
        build_generator(CONFIG)(torch.randn(2, 6), torch.tensor([0, 1]))
