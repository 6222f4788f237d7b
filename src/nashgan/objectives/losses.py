"""Losses of the two players, as functions of logits.

Where a paper's D is a probability, it is sigmoid(logit). With softplus(t) = log(1 + e^t), -log D = softplus(-logit) and
-log(1 - D) = softplus(logit); this form is numerically stable for any logit.
"""

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import relu, softplus

Logits = Float[Tensor, " n"]
Scalar = Float[Tensor, ""]


@dataclass(frozen=True)
class Loss:
    """What each player minimises."""

    discriminator: Callable[[Logits, Logits], Scalar]  # of the logits of real and of fake images
    generator: Callable[[Logits], Scalar]  # of the logits of fake images
    gives_probabilities: bool = False  # whether sigmoid(logit) is how likely an image is real
    boundary: float | None = None  # the logit between real and fake; None: only differences of logits have a meaning


@dataclass(frozen=True)
class PairedLoss:
    """What each player minimises when D compares a fake image with a real one. G's loss then needs both logits."""

    discriminator: Callable[[Logits, Logits], Scalar]  # of the logits of real and of fake images
    generator: Callable[[Logits, Logits], Scalar]  # of the logits of real and of fake images
    gives_probabilities: bool = False
    boundary: float | None = None


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


def least_squares(real: Logits, fake: Logits) -> Scalar:
    """½ E (D(x) - 1)² + ½ E D(G(z))², D without a sigmoid (Mao et al., 2017, equation 9)."""
    return ((real - 1).square().mean() + fake.square().mean()) / 2


def squared_distance(fake: Logits) -> Scalar:
    """½ E (D(G(z)) - 1)²: G's side of least squares (Mao et al., 2017, equation 9)."""
    return (fake - 1).square().mean() / 2


def negative_distance(real: Logits, fake: Logits) -> Scalar:
    """-(E D(x) - E D(G(z))): D's estimate of the Wasserstein distance, negated (Arjovsky et al., 2017, equation 3)."""
    return fake.mean() - real.mean()


def negative_score(fake: Logits) -> Scalar:
    """-E D(G(z)): G's side of the Wasserstein distance and of the hinge (Arjovsky et al., 2017, algorithm 1)."""
    return -fake.mean()


def hinge(real: Logits, fake: Logits) -> Scalar:
    """E max(0, 1 - D(x)) + E max(0, 1 + D(G(z))) (Lim and Ye, 2017; Miyato et al., 2018, equation 16)."""
    return relu(1 - real).mean() + relu(1 + fake).mean()


def relativistic(real: Logits, fake: Logits) -> Scalar:
    """E softplus(D(G(z)) - D(x)) over pairs: D's side (Jolicoeur-Martineau, 2019; Huang et al., 2024, equation 2)."""
    return softplus(fake - real).mean()


def relativistic_reversed(real: Logits, fake: Logits) -> Scalar:
    """E softplus(D(x) - D(G(z))) over pairs: G's side, in the non-saturating form of the same game."""
    return softplus(real - fake).mean()


NON_SATURATING = Loss(cross_entropy, negative_log_probability, gives_probabilities=True, boundary=0.0)
MINIMAX = Loss(cross_entropy, log_inverse_probability, gives_probabilities=True, boundary=0.0)
BCE_MSE = Loss(cross_entropy, squared_doubt, gives_probabilities=True, boundary=0.0)
LSGAN = Loss(least_squares, squared_distance, boundary=0.5)
WGAN = Loss(negative_distance, negative_score)
HINGE = Loss(hinge, negative_score, boundary=0.0)
RPGAN = PairedLoss(relativistic, relativistic_reversed)
