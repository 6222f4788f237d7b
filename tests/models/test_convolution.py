"""Convolution is nn.Conv2d: the same values, gradients and gradients of gradients, for every layout that is used."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from nashgan.models.convolution import Convolution

LAYOUTS: list[tuple[int, int, Any, dict[str, Any]]] = [  # inputs, outputs, kernel, and the rest
    (4, 6, 1, {"bias": False}),
    (4, 8, 3, {"padding": 1, "groups": 2}),
    (1, 4, 4, {"stride": 2, "padding": 1}),
    (3, 2, (3, 1), {"stride": (2, 1), "padding": (0, 1)}),
]


def slope(layer: nn.Conv2d, x: Tensor) -> Tensor:
    """The mean squared gradient of a curved function of the layer's output in its input: what a penalty is."""
    (found,) = torch.autograd.grad(layer(x).tanh().sum(), x, create_graph=True)
    return found.square().mean()


@pytest.mark.parametrize(("inputs", "outputs", "kernel", "more"), LAYOUTS)
def test_it_is_torchs_convolution(inputs: int, outputs: int, kernel: Any, more: dict[str, Any]) -> None:
    torch.manual_seed(0)
    ours = Convolution(inputs, outputs, kernel, **more).double()
    theirs = nn.Conv2d(inputs, outputs, kernel, **more).double()
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(3, inputs, 6, 8, dtype=torch.float64, requires_grad=True)
    found: list[list[Tensor]] = []
    for layer in (ours, theirs):
        wanted = [x, *layer.parameters()]
        value, cost = layer(x), slope(layer, x)
        loss = value.square().mean() + cost
        found.append([value, cost, *torch.autograd.grad(loss, wanted)])
    for mine, other in zip(*found, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-10, atol=1e-12)


def test_autocast_computes_in_bfloat16_and_learns_in_float32() -> None:
    layer, x = Convolution(2, 4, 3, padding=1, groups=2), torch.randn(2, 2, 5, 5)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        made = layer(x)
        assert made.dtype == nn.Conv2d.forward(layer, x).dtype == torch.bfloat16
        torch.testing.assert_close(made, nn.Conv2d.forward(layer, x), rtol=0, atol=0)
    made.float().sum().backward()
    assert layer.weight.grad is not None and layer.weight.grad.dtype == torch.float32


def test_a_gradient_in_the_weights_that_is_to_be_differentiated_is_nan() -> None:
    layer = Convolution(2, 2, 3)
    answer, weights = layer(torch.ones(1, 2, 4, 4)).sum(), list(layer.parameters())
    of_weight, of_bias = torch.autograd.grad(answer, weights, create_graph=True)
    assert of_weight.isnan().all() and of_bias.isnan().all()
