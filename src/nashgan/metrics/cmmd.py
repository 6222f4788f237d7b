"""CMMD (Jayasumana et al., 2024, arXiv:2401.09603): squared MMD by a Gaussian kernel of CLIP's features, times 1,000.

The estimate is that of the authors' program, equation 5 of Gretton et al. (2012), which counts each vector with itself.
So it is not negative, and of equal sets it is 0. The floor has the same bias.
"""

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from nashgan.metrics.feature_metric import PAIRS_OF, FeatureMetric, Features
from nashgan.metrics.interval import Estimate, normal_interval, standard_error
from nashgan.metrics.moments import check_finite
from nashgan.runtime.progress import progress

SIGMA, SCALE = 10.0, 1000.0  # the paper's values
ROWS = 1024  # of the kernel matrix that are in memory at a time


def cmmd(real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m d"]) -> Estimate:
    """``SCALE`` · (E k(x, x') + E k(y, y') - 2 E k(x, y)) with k(x, y) = exp(-|x - y|² / (2 σ²)), at least 0.

    The influence of a sample y is 2 (E k(y, y') - E k(x, y)), up to a constant. Raises UserError where a set is not
    finite.
    """
    check_finite(real)
    check_finite(fake)
    centre = real.mean(axis=0, dtype=np.float64)  # no distance depends on it; small numbers round less
    x, y = (torch.from_numpy((one - centre).astype(np.float32)).to(torch.get_default_device()) for one in (real, fake))
    near_real, near_fake = _means(y, x), _means(y, y)
    value = SCALE * float(_means(x, x).mean() + near_fake.mean() - 2 * near_real.mean())
    error = SCALE * standard_error(2 * (near_fake - near_real))
    return Estimate(value, normal_interval(value, error, 0))


def _means(a: Float[Tensor, "n d"], b: Float[Tensor, "m d"]) -> Float64[np.ndarray, " n"]:
    """The mean of k - 1 over all of `b`, for each of `a`; k is near 1, so in float32 k - 1 has more digits."""
    norms, means = b.square().sum(1), []
    with progress("kernel", len(a), unit="vectors") as advance:
        for rows in torch.split(a, ROWS):
            squared = torch.addmm(rows.square().sum(1, keepdim=True) + norms, rows, b.T, alpha=-2).clamp_min_(0)
            means.append(squared.div_(-2 * SIGMA**2).expm1_().mean(1, dtype=torch.float64))
            advance(len(rows))
    found: np.ndarray = torch.cat(means).cpu().numpy()
    return found


def _measure(real: Features, fake: Features, normalised: bool) -> dict[str, Estimate]:
    return {"cmmd": cmmd(real, fake)}


METRIC = FeatureMetric(_measure, {"cmmd": f"kernel=gauss sigma={SIGMA:g}"}, at_most=PAIRS_OF)
