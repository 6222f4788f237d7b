"""Fréchet distance between Gaussians fitted to two sets of features (Heusel et al. 2017, arXiv:1706.08500, eq. 6).

    d² = |μ₁ - μ₂|² + tr Σ₁ + tr Σ₂ - 2 tr √(Σ₁ Σ₂)

With any factors Σᵢ = Fᵢᵀ Fᵢ the last trace is the nuclear norm of F₁ F₂ᵀ. Unlike the root of the product Σ₁ Σ₂, whose
rounding noise the root magnifies, this is real, exact for singular covariances (fewer images than dimensions) and
needs no ε on the diagonal.
"""

import numpy as np
from jaxtyping import Float, Float64
from scipy.linalg import eigh, qr, svdvals
from scipy.linalg.lapack import dpstrf

from nashgan.metrics.moments import Statistics, check_finite
from nashgan.runtime.errors import UserError


def frechet_distance(real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m d"]) -> float:
    """Squared Fréchet distance between the Gaussians of two feature sets, at least 0, in squared feature units.

    Raises UserError where features are not finite or fewer than two.
    """
    (mean_1, factor_1), (mean_2, factor_2) = _factor_of_features(real), _factor_of_features(fake)
    return _distance(mean_1, factor_1, mean_2, factor_2)


def normalised_frechet_distance(real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m d"]) -> float:
    """Fréchet distance over the real features' total variance, so that the features' scale cancels; 0 is equal.

    A single image repeated scores 1 plus its own squared distance from the real mean, in the same unit. Raises
    UserError as `frechet_distance`, and where the real features are constant.
    """
    return frechet_distance(real, fake) / total_variance(real)


def total_variance(real: Float[np.ndarray, "n d"]) -> float:
    """The trace of the covariance. Raises UserError where the features are constant."""
    variance = float(real.var(axis=0, ddof=1, dtype=np.float64).sum())
    if variance == 0:
        raise UserError("features: the real set's features are constant, nothing to normalise the distance by")
    return variance


def frechet_influences(real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m d"]) -> Float64[np.ndarray, " m"]:
    """How the squared distance moves with the weight of each sample; the distance's variance is theirs over m.

    With centred samples xⱼ and C = X F₁ᵀ / √(m - 1) it is 2 xⱼᵀ(μ₂ - μ₁) + m |xⱼ|² / (m - 1) - m [√(C Cᵀ)]ⱼⱼ and a
    constant, from the derivatives of the three terms. Raises UserError as `frechet_distance`.
    """
    mean_1, factor_1 = _factor_of_features(real)
    mean_2, _ = _factor_of_features(fake)
    centred = fake - mean_2
    cross = centred @ factor_1.T / np.sqrt(len(fake) - 1)
    if len(cross) <= cross.shape[1]:  # the smaller of two eigenproblems
        values, vectors = eigh(cross @ cross.T, check_finite=False, driver="evd")
        root = vectors**2 @ np.sqrt(np.maximum(values, 0))
    else:
        values, vectors = eigh(cross.T @ cross, check_finite=False, driver="evd")
        known = values > len(values) * np.finfo(np.float64).eps * values[-1]
        root = (cross @ vectors[:, known]) ** 2 @ (1 / np.sqrt(values[known]))
    spread = (centred**2).sum(axis=1) / (len(fake) - 1) - root
    influences: np.ndarray = 2 * centred @ (mean_2 - mean_1) + len(fake) * spread
    return influences


def frechet_distance_of_statistics(real: Statistics, fake: Statistics) -> float:
    """As `frechet_distance`, from streamed means and covariances."""
    return _distance(real.mean, _factor_of_covariance(real), fake.mean, _factor_of_covariance(fake))


def _factor_of_features(features: Float[np.ndarray, "n d"]) -> tuple[Float64[np.ndarray, " d"], np.ndarray]:
    """The mean and the smaller of two exact factors: the centred features, or R of their QR decomposition."""
    if len(features) < 2:
        raise UserError(f"features: a covariance needs at least two feature vectors, got {len(features)}")
    check_finite(features)
    mean = features.mean(axis=0, dtype=np.float64)
    factor = (features - mean) / np.sqrt(len(features) - 1)
    if len(features) > features.shape[1]:
        factor = qr(factor, mode="r", overwrite_a=True, check_finite=False)[0][: features.shape[1]]
    return mean, factor


def _factor_of_covariance(statistics: Statistics) -> Float64[np.ndarray, "r d"]:
    """Rank-truncated factor by pivoted Cholesky decomposition, PᵀΣP = UᵀU; the rest at rounding level is dropped."""
    upper, pivots, rank, _ = dpstrf(statistics.covariance)
    factor = np.zeros((rank, len(upper)))
    factor[:, pivots - 1] = np.triu(upper)[:rank]
    return factor


def _distance(
    mean_1: Float64[np.ndarray, " d"], factor_1: np.ndarray, mean_2: Float64[np.ndarray, " d"], factor_2: np.ndarray
) -> float:
    cross = factor_1 @ factor_2.T
    trace_of_root = float(svdvals(cross, overwrite_a=True, check_finite=False).sum()) if cross.size else 0.0
    shift = mean_1 - mean_2
    traces = float(np.vdot(factor_1, factor_1) + np.vdot(factor_2, factor_2))
    return max(0.0, float(shift @ shift) + traces - 2 * trace_of_root)  # equal sets leave rounding of either sign
