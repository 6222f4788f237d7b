"""How far a discriminator is from the optimal one, and a game from its value at equilibrium.

For a fixed generator the optimal discriminator is D*(x) = p(x) / (p(x) + q(x)), and where q = p the value of the game
is -log 4 (Goodfellow et al., 2014, proposition 1 and theorem 1).
"""

import numpy as np
from jaxtyping import Float
from scipy.special import expit, log_expit

from nashgan.metrics.interval import Estimate, normal_interval, standard_error

Logits = Float[np.ndarray, " _"]


def optimal_answers(p: Float[np.ndarray, "..."], q: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """D* from the probabilities of the same cells under data and model; ½ where both are 0."""
    both = p + q
    answers: Float[np.ndarray, ...] = np.divide(p, both, out=np.full_like(both, 0.5), where=both > 0)
    return answers


def discriminator_error(
    logits: Float[np.ndarray, " cells"], p: Float[np.ndarray, " cells"], q: Float[np.ndarray, " cells"]
) -> float:
    """The mean of |D - D*| over cells, weighted by (p + q) / 2: 0 … 1. `logits` are D's at the cells' centres."""
    weights = (p + q) / 2
    return float(weights @ np.abs(expit(logits) - optimal_answers(p, q)) / weights.sum())


def game_value_gap(on_real: Logits, on_fake: Logits) -> Estimate:
    """E log D(x) + E log(1 - D(G(z))) + log 4 in nats, from D's logits.

    0 where D answers ½ everywhere. Above 0, D tells samples from real points; below 0, it does worse than by guessing.
    """
    of_real, of_fake = log_expit(on_real.astype(np.float64)), log_expit(-on_fake.astype(np.float64))
    value = float(of_real.mean() + of_fake.mean() + np.log(4))
    return Estimate(value, normal_interval(value, standard_error(of_fake)))
