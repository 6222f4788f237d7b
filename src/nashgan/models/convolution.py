"""A convolution for discriminators with a gradient penalty: the same numbers as `nn.Conv2d`, in less time.

A gradient penalty differentiates D twice. torch computes the second derivative in a weight as a convolution of
transposed images, for each group by itself, from copies of all images. Here it is what it is in a first backward pass:
the gradient in the weight, for another input (Karras et al., 2020, StyleGAN2-ADA's program, conv2d_gradfix).
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

Maps = Float[Tensor, "n _ _ _"]  # examples, features, height, width
Layout = tuple[tuple[int, ...], tuple[int, ...], int]  # stride, padding, groups


class Convolution(nn.Conv2d):
    """`nn.Conv2d`, padded with zeros. Its gradient with respect to the input can be differentiated again.

    That with respect to the weights cannot: with ``create_graph`` it is NaN. A penalty does not ask for it.
    """

    def forward(self, x: Maps) -> Maps:
        weight, bias = self.weight, self.bias
        if torch.is_autocast_enabled(x.device.type):
            precision = torch.get_autocast_dtype(x.device.type)
            x, weight = x.to(precision), weight.to(precision)
            bias = None if bias is None else bias.to(precision)
        maps: Tensor = _Convolved.apply(x, weight, bias, (self.stride, self.padding, self.groups))  # type: ignore[no-untyped-call]
        return maps


class _Convolved(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Maps, weight: Tensor, bias: Tensor | None, layout: Layout) -> Maps:
        ctx.save_for_backward(x, weight)
        ctx.layout = layout
        stride, padding, groups = layout
        return torch.conv2d(x, weight, bias, stride, padding, 1, groups)

    @staticmethod
    def backward(ctx: Any, gradient: Maps) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        wanted = ctx.needs_input_grad[:3]
        if not torch.is_grad_enabled():
            return *_gradients(gradient, x, weight, ctx.layout, wanted), None
        unknown = weight.new_full((), torch.nan)
        return (
            _Back.apply(gradient, weight, x.detach(), ctx.layout) if wanted[0] else None,  # type: ignore[no-untyped-call]
            unknown.expand_as(weight) if wanted[1] else None,
            unknown.expand(len(weight)) if wanted[2] else None,
            None,
        )


class _Back(torch.autograd.Function):
    """The gradient with respect to the input: linear in that with respect to the output, and linear in the weights."""

    @staticmethod
    def forward(ctx: Any, gradient: Maps, weight: Tensor, x: Maps, layout: Layout) -> Tensor | None:
        ctx.save_for_backward(gradient, weight)
        ctx.layout = layout
        return _gradients(gradient, x, weight, layout, (True, False, False))[0]

    @staticmethod
    def backward(ctx: Any, change: Maps) -> tuple[Tensor | None, ...]:
        gradient, weight = ctx.saved_tensors
        stride, padding, groups = ctx.layout
        of_gradient, of_weight = ctx.needs_input_grad[:2]
        return (
            torch.conv2d(change, weight, None, stride, padding, 1, groups) if of_gradient else None,
            _gradients(gradient, change, weight, ctx.layout, (False, True, False))[1] if of_weight else None,
            None,
            None,
        )


def _gradients(
    gradient: Maps, x: Maps, weight: Tensor, layout: Layout, wanted: tuple[bool, ...]
) -> tuple[Tensor | None, ...]:
    """The gradients with respect to input, weights and bias, where `wanted`; `gradient` is that of the output."""
    stride, padding, groups = layout
    found: tuple[Tensor | None, ...] = torch.ops.aten.convolution_backward(
        gradient, x, weight, [len(weight)], stride, padding, (1, 1), False, (0, 0), groups, wanted
    )
    return found
