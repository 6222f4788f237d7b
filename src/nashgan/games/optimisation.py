"""Optimizers, a step of them, and what changes in the course of a training; the same for every game."""

import math
from collections.abc import Iterable

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import clip_grads_with_norm_, get_total_norm
from torch.optim import SGD, Adam, Optimizer, RMSprop

from nashgan.games.params import LearningParams
from nashgan.models.discriminator import LayeredDiscriminator
from nashgan.runtime.errors import UserError

Scalar = Float[Tensor, ""]
CLIP = "clip_gradients"  # key of an optimizer's group: the largest norm of a gradient, or None


def create_optimizer(parameters: Iterable[nn.Parameter], lr: float, learning: LearningParams) -> Optimizer:
    """The optimizer that ``train.optimizer`` names, with the limit of ``train.clip_gradients``.

    `beta1` is the momentum, of Adam that of the mean gradient (Kingma and Ba, 2015). `beta2` is the decay of the mean
    squared gradient that Adam and RMSprop (Tieleman and Hinton, 2012) divide by. SGD divides by nothing.
    """
    group = [{"params": list(parameters), CLIP: learning.clip_gradients}]
    if learning.optimizer == "sgd":
        return SGD(group, lr=lr, momentum=learning.beta1)
    if learning.optimizer == "rmsprop":
        return RMSprop(group, lr=lr, momentum=learning.beta1, alpha=learning.beta2)
    return Adam(group, lr=lr, betas=(learning.beta1, learning.beta2), fused=True)


def unfrozen(discriminator: nn.Module, layers: int) -> list[nn.Parameter]:
    """What D learns: all but the first `layers` of its layers that have parameters (FreezeD: Mo et al., 2020).

    Raises UserError where nothing is left to learn.
    """
    parts = discriminator.layers if isinstance(discriminator, LayeredDiscriminator) else discriminator.children()
    frozen = [part for part in parts if any(True for _ in part.parameters())][:layers]
    for part in frozen:
        part.requires_grad_(False)
    learned = [parameter for parameter in discriminator.parameters() if parameter.requires_grad]
    if not learned:
        raise UserError(f"params.yaml: train.freeze_d: {layers} are all layers of the discriminator; set fewer")
    return learned


def add_gradient(loss: Scalar) -> None:
    """Add the gradient of `loss` to that of each parameter that it depends on."""
    loss.backward()  # type: ignore[no-untyped-call]


def move(*optimizers: Optimizer) -> Scalar:
    """Step down the gradients that the optimizers' parameters have. Returns their norm.

    Where it is above the limit of the first optimizer, the step goes down shorter gradients of the same direction
    (Pascanu et al., 2013, algorithm 1). The norm that is returned is the one before.
    """
    learned = [p for optimizer in optimizers for p in optimizer.param_groups[0]["params"]]
    norm = get_total_norm([p.grad for p in learned if p.grad is not None])
    if limit := optimizers[0].param_groups[0][CLIP]:
        clip_grads_with_norm_(learned, limit, norm)
    for optimizer in optimizers:
        optimizer.step()
    return norm


def annealed(done: float, end: float) -> float:
    """From 1 to `end` along half a cosine, for `done` from 0 to 1 (Loshchilov and Hutter, 2017, equation 5)."""
    return end + (1 - end) * (1 + math.cos(math.pi * min(done, 1.0))) / 2


def scheduled(start: float, end: float | None, done: float) -> float:
    """From `start` to `end` along half a cosine, for `done` from 0 to 1; `start` all the time where `end` is None."""
    return start if end is None else end + (start - end) * annealed(done, 0.0)


def set_beta2(optimizer: Optimizer, beta2: float) -> None:
    """Set the decay of the mean squared gradient, where the optimizer has one."""
    for group in optimizer.param_groups:
        if "betas" in group:  # Adam's
            group["betas"] = (group["betas"][0], beta2)
        elif "alpha" in group:  # RMSprop's
            group["alpha"] = beta2


def warmed_up(seen: int, images: int) -> float:
    """The factor on a learning rate after `seen` images: it rises from 0 to 1 over `images` images. 0: always 1."""
    return min(1.0, seen / images) if images else 1.0
