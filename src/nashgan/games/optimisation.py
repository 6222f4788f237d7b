"""One step of an optimizer, and what falls in the course of a training; the same for every game."""

import math

from jaxtyping import Float
from torch import Tensor
from torch.nn.utils import get_total_norm
from torch.optim import Optimizer


def descend(loss: Float[Tensor, ""], *optimizers: Optimizer) -> Float[Tensor, ""]:
    """Step down the gradient of `loss` in all parameters of the optimizers. Returns the norm of this gradient."""
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
