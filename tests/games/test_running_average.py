"""The average has the half-life that it is made with."""

import pytest
import torch
from torch import nn

from nashgan.games.running_average import Average, HalfLife


def constant(value: float) -> nn.Module:
    module = nn.BatchNorm2d(1)
    for tensor in module.state_dict().values():
        tensor.fill_(int(value))
    return module


def test_after_one_half_life_half_is_left() -> None:
    average = Average(constant(0), HalfLife(1000))
    for step in range(10):
        average.update(constant(1), images=100, seen=10**9 + step)
    state = average.module.state_dict()
    assert state["weight"].item() == pytest.approx(0.5, abs=1e-6)
    assert state["running_mean"].item() == pytest.approx(0.5, abs=1e-6)
    assert state["num_batches_tracked"].item() == 1  # a count is copied


def test_at_the_start_the_average_follows_the_weights() -> None:
    average = Average(constant(0), HalfLife(10**9))
    average.update(constant(1), images=100, seen=100)  # half-life of 5 images
    assert average.module.state_dict()["weight"].item() == pytest.approx(1 - 2**-20)


def test_without_a_half_life_the_ramp_is_all_there_is() -> None:
    ramp, far = Average(constant(0), HalfLife(None)), Average(constant(0), HalfLife(10**12))
    for step in range(1, 30):
        for average in (ramp, far):
            average.update(constant(step), images=100, seen=100 * step)
        assert ramp.module.state_dict()["weight"].item() == far.module.state_dict()["weight"].item()
    ramp = Average(constant(0), HalfLife(None))
    ramp.update(constant(1), images=1000, seen=20_000)  # half-life of 1,000 images
    assert ramp.module.state_dict()["weight"].item() == pytest.approx(0.5)


def test_a_half_life_that_rises_along_half_a_cosine() -> None:
    """From 0 to its end, as the program of R3GAN's authors has it, without a ramp."""
    half_life = HalfLife(0, 1000, ramp=None, images=400)
    assert [half_life(seen) for seen in (0, 200, 400, 900)] == pytest.approx([0, 500, 1000, 1000])
    assert half_life(100) == pytest.approx(500 * (1 - 2**-0.5))
    assert HalfLife(0, 1000, ramp=0.5, images=400)(400) == 200  # the ramp's
    assert HalfLife(1000, None, ramp=None, images=400)(0) == 1000


@pytest.mark.parametrize(("ramp", "expected"), [(0.05, 100.0), (0.5, 1000.0)])
def test_the_ramp_is_a_share_of_the_images_seen(ramp: float, expected: float) -> None:
    assert HalfLife(None, ramp=ramp)(2000) == expected
    assert HalfLife(None)(2000) == 100.0


def test_a_half_life_of_zero_is_no_averaging() -> None:
    average = Average(constant(0), HalfLife(0))
    average.update(constant(1), images=1, seen=10**9)
    assert average.module.state_dict()["weight"].item() == 1


def test_the_average_is_a_copy_in_evaluation_mode() -> None:
    module = constant(3)
    average = Average(module, HalfLife(10))
    with torch.no_grad():
        module.weight.fill_(7)  # type: ignore[operator]
    assert average.module.state_dict()["weight"].item() == 3
    assert not average.module.training
