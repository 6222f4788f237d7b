"""One step of an optimizer, and what falls in the course of a training; the same for every game."""

import math
from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor
from torch.nn.utils import get_total_norm
from torch.optim import Optimizer


def descend(loss: Float[Tensor, ""], optimizer: Optimizer) -> Float[Tensor, ""]:
    """Step down the gradient of `loss` in all of the optimizer's parameters. Returns the gradient's norm."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    norm = get_total_norm([p.grad for p in optimizer.param_groups[0]["params"] if p.grad is not None])
    optimizer.step()
    return norm


def descend_together(loss: Float[Tensor, ""], optimizers: Sequence[Optimizer]) -> Float[Tensor, ""]:
    """As `descend`, in the parameters of several optimizers; the norm is that of all of them."""
    for optimizer in optimizers:
        optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    learned = [p for optimizer in optimizers for p in optimizer.param_groups[0]["params"]]
    norm = get_total_norm([p.grad for p in learned if p.grad is not None])
    for optimizer in optimizers:
        optimizer.step()
    return norm


def annealed(done: float, end: float) -> float:
    """From 1 to `end` along half a cosine, for `done` from 0 to 1 (Loshchilov and Hutter, 2017, equation 5)."""
    return end + (1 - end) * (1 + math.cos(math.pi * min(done, 1.0))) / 2
