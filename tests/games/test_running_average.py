"""The average's half-life is what it says."""

import pytest
import torch
from torch import nn

from nashgan.games.running_average import Average


def constant(value: float) -> nn.Module:
    module = nn.BatchNorm2d(1)
    for tensor in module.state_dict().values():
        tensor.fill_(int(value))
    return module


def test_after_one_half_life_half_is_left() -> None:
    average = Average(constant(0), half_life=1000)
    for step in range(10):
        average.update(constant(1), images=100, seen=10**9 + step)
    state = average.module.state_dict()
    assert state["weight"].item() == pytest.approx(0.5, abs=1e-6)
    assert state["running_mean"].item() == pytest.approx(0.5, abs=1e-6)
    assert state["num_batches_tracked"].item() == 1  # a count is copied


def test_at_the_start_the_average_follows_the_weights() -> None:
    average = Average(constant(0), half_life=10**9)
    average.update(constant(1), images=100, seen=100)  # half-life of 5 images
    assert average.module.state_dict()["weight"].item() == pytest.approx(1 - 2**-20)


def test_without_a_half_life_the_ramp_is_all_there_is() -> None:
    ramp, far = Average(constant(0), half_life=None), Average(constant(0), half_life=10**12)
    for step in range(1, 30):
        for average in (ramp, far):
            average.update(constant(step), images=100, seen=100 * step)
        assert ramp.module.state_dict()["weight"].item() == far.module.state_dict()["weight"].item()
    ramp = Average(constant(0), half_life=None)
    ramp.update(constant(1), images=1000, seen=20_000)  # half-life of 1,000 images
    assert ramp.module.state_dict()["weight"].item() == pytest.approx(0.5)


def test_a_half_life_of_zero_is_no_averaging() -> None:
    average = Average(constant(0), half_life=0)
    average.update(constant(1), images=1, seen=10**9)
    assert average.module.state_dict()["weight"].item() == 1


def test_the_average_is_a_copy_in_evaluation_mode() -> None:
    module = constant(3)
    average = Average(module, half_life=10)
    with torch.no_grad():
        module.weight.fill_(7)  # type: ignore[operator]
    assert average.module.state_dict()["weight"].item() == 3
    assert not average.module.training
