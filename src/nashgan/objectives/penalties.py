"""Penalties: a cost on D's gradients, a constraint on its weights, or another parametrisation of its weights.

`weight` is the default for the only number of a penalty, with its source below; objective.penalty_weight in params.yaml
overrides it.

**Precision.** D judges a penalty's points in the precision of the training, as it judges the images of the loss: in
bfloat16 where train.precision is bf16. The points themselves, the gradients in them and the cost are in float32. So a
point that is an image of the batch is judged once, for the loss and for the penalty.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import parametrizations

Examples = Float[Tensor, "n ..."]
Scalar = Float[Tensor, ""]
# images to logits, in any precision; the logit of an image must not depend on the other images
Critic = Callable[[Tensor], Tensor]
Judge = Callable[[Tensor, Tensor], Tensor]  # the same, also told the rows of the batch that the images stand in


@dataclass(frozen=True)
class GradientPenalty:
    """A cost on the gradients of D's logits at `points`. The caller adds it, times `weight`, to D's loss."""

    points: Callable[[Examples, Examples], Examples]  # from equally many real and fake images, in their order
    cost: Callable[[Examples], Scalar]  # from the gradients at the points
    weight: float

    def __call__(self, discriminator: Critic, real: Examples, fake: Examples) -> Scalar:
        """The cost alone, differentiable with respect to D's weights. `discriminator` judges the points in one call."""
        with torch.autocast(real.device.type, enabled=False):
            points = self.points(real.detach(), fake.detach()).requires_grad_()
            return self._of_logits(points, discriminator(points))

    def drawn(self, real: Examples, fake: Examples) -> Examples | None:
        """The points for a whole batch; None where they are images of the batch.

        They may depend on chance and on the whole batch, so they are drawn before a batch is cut into parts.
        """
        return None if self.points in (at_real, at_fake, at_both) else self.points(real.detach(), fake.detach())

    def with_logits(
        self, judge: Judge, real: Examples, fake: Examples, drawn: Examples | None = None, share: float = 1.0
    ) -> tuple[Float[Tensor, " n"], Float[Tensor, " n"], Scalar]:
        """D's logits of real and of fake images, which the loss needs, and the cost at a `share` of the batch's pairs.

        D judges no image twice: where the points are the real or the fake images, or both, their logits serve the loss,
        too. Else the points are those that the method `drawn` gave. `judge` sets the precision of its own passes; a
        caller's autocast is off here.
        """
        with torch.autocast(real.device.type, enabled=False):
            count, fake = len(real), fake.to(real.dtype)
            chosen, rows = penalised(count, share), torch.arange(count, device=real.device)
            drawn = self.drawn(real, fake) if drawn is None else drawn
            if drawn is not None:
                points = drawn[chosen].requires_grad_()
                return judge(real, rows), judge(fake, rows), self._of_logits(points, judge(points, rows[chosen]))
            of_real = [] if self.points is at_fake else chosen
            of_fake = [] if self.points is at_real else [count + row for row in chosen]
            places = [*of_real, *of_fake]  # in the real images with the fake ones below
            others = sorted(set(range(2 * count)).difference(places))  # known without waiting for the device
            images, rows = at_both(real, fake), rows.repeat(2)
            points = images[places].detach().requires_grad_()
            on_points = judge(points, rows[places])
            found = [on_points, judge(images[others], rows[others])] if others else [on_points]
            order = torch.tensor([*places, *others], device=real.device).argsort()
            on_real, on_fake = torch.cat(found)[order].chunk(2)
            return on_real, on_fake, self._of_logits(points, on_points)

    def _of_logits(self, points: Examples, logits: Float[Tensor, " n"]) -> Scalar:
        (gradients,) = torch.autograd.grad(logits.sum(), points, create_graph=True)
        return self.cost(gradients)


@dataclass(frozen=True)
class WeightConstraint:
    """A constraint on D's weights: call ``apply(discriminator, weight)`` after each of D's steps."""

    apply: Callable[[nn.Module, float], None]
    weight: float


@dataclass(frozen=True)
class Reparametrisation:
    """Another parametrisation of D: call ``apply(discriminator)`` once, before the optimizer is made."""

    apply: Callable[[nn.Module], None]


def between(real: Examples, fake: Examples) -> Examples:
    """Points drawn uniformly on the lines between pairs of real and fake images (Gulrajani et al., 2017)."""
    share = torch.rand(len(real), *[1] * (real.ndim - 1), device=real.device, dtype=real.dtype)
    return real + share * (fake.to(real.dtype) - real)


def around_real(real: Examples, fake: Examples) -> Examples:
    """Real images with noise of up to half their standard deviation (Kodali et al., 2017, the authors' program).

    The noise is one uniform number for each image times one for each pixel. The paper's text says N(0, c·I), but its
    results were made by the program.
    """
    one_an_image = torch.rand(len(real), *[1] * (real.ndim - 1), device=real.device, dtype=real.dtype)
    return real + one_an_image * 0.5 * real.std() * torch.rand_like(real)


def at_real(real: Examples, fake: Examples) -> Examples:
    """The real images."""
    return real.clone()


def at_fake(real: Examples, fake: Examples) -> Examples:
    """The fake images, converted to the precision of the real ones."""
    return fake.to(real.dtype, copy=True)


def at_both(real: Examples, fake: Examples) -> Float[Tensor, "2*n ..."]:
    """The real, then the fake images."""
    return torch.cat([real, fake.to(real.dtype)])


def norm_from_one(gradients: Examples) -> Scalar:
    """E (‖∇D‖ - 1)² (Gulrajani et al., 2017, equation 3)."""
    norms: Tensor = torch.linalg.vector_norm(gradients.flatten(1), dim=1)
    return (norms - 1).square().mean()


def half_square(gradients: Examples) -> Scalar:
    """½ E ‖∇D‖²: with the weight γ, R1 and R2 (Mescheder et al., 2018, equations 9 and 10)."""
    return gradients.square().flatten(1).sum(1).mean() / 2


def square(gradients: Examples) -> Scalar:
    """E ‖∇D‖² over a batch of two equal halves: the sum of both halves' `half_square`."""
    return 2 * half_square(gradients)


def penalised(count: int, share: float) -> list[int]:
    """Rows of a batch of `count` at a `share` of which a penalty is taken, at even distances; at least one.

    A batch is drawn at random, so the mean over these rows estimates that over all without a bias. Parts of a batch
    have the rows of the whole batch where their lengths are multiples of 1 / `share`.
    """
    return [min(count, math.ceil(step / share)) - 1 for step in range(1, max(1, math.floor(count * share)) + 1)]


@torch.no_grad()
def clip_weights(discriminator: nn.Module, bound: float) -> None:
    """Clip every parameter to [-bound, bound], in place (Arjovsky et al., 2017, algorithm 1)."""
    torch._foreach_clamp_min_(list(discriminator.parameters()), -bound)
    torch._foreach_clamp_max_(list(discriminator.parameters()), bound)


def normalise_spectra(discriminator: nn.Module) -> None:
    """Divide each layer's weights by their largest singular value (Miyato et al., 2018, algorithm 1)."""
    for layer in list(discriminator.modules()):
        for name, parameter in list(layer.named_parameters(recurse=False)):
            if parameter.ndim > 1:  # not the biases and not batch norm, which are vectors
                parametrizations.spectral_norm(layer, name)


CLIP = WeightConstraint(clip_weights, weight=0.01)  # Arjovsky et al., 2017, algorithm 1
WGAN_GP = GradientPenalty(between, norm_from_one, weight=10.0)  # Gulrajani et al., 2017, section 4
DRAGAN = GradientPenalty(around_real, norm_from_one, weight=10.0)  # Kodali et al., 2017
R1 = GradientPenalty(at_real, half_square, weight=10.0)  # Mescheder et al., 2018, section 6
R2 = GradientPenalty(at_fake, half_square, weight=10.0)  # the same
R1_R2 = GradientPenalty(at_both, square, weight=1.0)  # chosen here, on digits; the authors' are in recipes/authors.py
SPECTRAL = Reparametrisation(normalise_spectra)
