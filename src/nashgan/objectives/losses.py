"""Losses of the two players, as functions of logits: D(x) = sigmoid(logit) appears only where a paper needs it.

With softplus(t) = log(1 + e^t): -log D = softplus(-logit) and -log(1 - D) = softplus(logit), stable for any logit.
"""

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import softplus

Logits = Float[Tensor, " n"]
Scalar = Float[Tensor, ""]


@dataclass(frozen=True)
class Loss:
    """What each player minimises."""

    discriminator: Callable[[Logits, Logits], Scalar]  # of the logits of real and of fake images
    generator: Callable[[Logits], Scalar]  # of the logits of fake images


def cross_entropy(real: Logits, fake: Logits) -> Scalar:
    """-E log D(x) - E log(1 - D(G(z))): binary cross-entropy of D (Goodfellow et al., 2014, equation 1, negated)."""
    return softplus(-real).mean() + softplus(fake).mean()


def log_inverse_probability(fake: Logits) -> Scalar:
    """E log(1 - D(G(z))): G's side of the minimax game (Goodfellow et al., 2014, equation 1)."""
    return -softplus(fake).mean()


def negative_log_probability(fake: Logits) -> Scalar:
    """-E log D(G(z)): the non-saturating heuristic (Goodfellow et al., 2014, section 3)."""
    return softplus(-fake).mean()


def squared_doubt(fake: Logits) -> Scalar:
    """E (D(G(z)) - 1)²: mean squared error of D's probability against "real"."""
    return (fake.sigmoid() - 1).square().mean()


NON_SATURATING = Loss(cross_entropy, negative_log_probability)
MINIMAX = Loss(cross_entropy, log_inverse_probability)
BCE_MSE = Loss(cross_entropy, squared_doubt)
