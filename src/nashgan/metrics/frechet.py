"""Fréchet distance between Gaussians fitted to two sets of features (Heusel et al. 2017, arXiv:1706.08500, eq. 6).

    d² = |μ₁ - μ₂|² + tr Σ₁ + tr Σ₂ - 2 tr √(Σ₁ Σ₂)

With any factors Σᵢ = Fᵢᵀ Fᵢ, the last trace is the nuclear norm of F₁ F₂ᵀ. This form is always real, and it is exact
for singular covariances (fewer images than dimensions) without an ε on the diagonal. The usual form, the matrix root
of Σ₁ Σ₂, magnifies the product's rounding errors.
"""

import numpy as np
from jaxtyping import Float, Float64
from scipy.linalg import eigh, qr, svdvals
from scipy.linalg.lapack import dpstrf

from nashgan.metrics.feature_metric import FeatureMetric, Features
from nashgan.metrics.interval import Estimate, normal_interval, standard_error
from nashgan.metrics.moments import Moments, check_finite
from nashgan.runtime.errors import UserError


def frechet_distance(real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m d"]) -> float:
    """Squared Fréchet distance between the Gaussians of two feature sets, at least 0, in squared feature units.

    Raises UserError where features are not finite or fewer than two.
    """
    (mean_1, factor_1), (mean_2, factor_2) = _factor_of_features(real), _factor_of_features(fake)
    return _distance(mean_1, factor_1, mean_2, factor_2)


def normalised_frechet_distance(real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m d"]) -> float:
    """The Fréchet distance divided by the real features' total variance, which removes their scale; 0 is equal.

    A set of copies of one image scores 1 plus the squared distance of its features from the real mean, divided by the
    total variance. Raises UserError as `frechet_distance` does, and where the real features are constant.
    """
    return frechet_distance(real, fake) / total_variance(real)


def total_variance(real: Float[np.ndarray, "n d"]) -> float:
    """The trace of the covariance. Raises UserError where the features are constant."""
    variance = float(real.var(axis=0, ddof=1, dtype=np.float64).sum())
    if variance == 0:
        raise UserError("features: the real set's features are constant, nothing to normalise the distance by")
    return variance


def frechet_influences(real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m d"]) -> Float64[np.ndarray, " m"]:
    """The influence of each sample: the derivative of the squared distance in the sample's weight, up to a constant.

    The variance of the distance is the variance of the influences divided by m. With centred samples xⱼ and
    C = X F₁ᵀ / √(m - 1), the influence is 2 xⱼᵀ(μ₂ - μ₁) + m |xⱼ|² / (m - 1) - m [√(C Cᵀ)]ⱼⱼ, the sum of the three
    terms' derivatives. Raises UserError as `frechet_distance` does.
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


def frechet_distance_of_moments(real: Moments, fake: Moments) -> float:
    """The same distance as `frechet_distance`, from streamed means and covariances."""
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


def _factor_of_covariance(moments: Moments) -> Float64[np.ndarray, "r d"]:
    """Rank-truncated factor by pivoted Cholesky decomposition, PᵀΣP = UᵀU. The remainder is rounding error."""
    upper, pivots, rank, _ = dpstrf(moments.covariance)
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
    return max(0.0, float(shift @ shift) + traces - 2 * trace_of_root)  # rounding may make it negative for equal sets


def frechet_estimate(real: Features, fake: Features, normalised: bool) -> Estimate:
    """The Fréchet distance, or the normalised one, with its interval."""
    value = (normalised_frechet_distance if normalised else frechet_distance)(real, fake)
    return Estimate(value, normal_interval(value, frechet_error(real, fake, normalised), 0))


def frechet_error(real: Features, fake: Features, normalised: bool) -> float:
    """The distance's standard error when the samples are drawn again."""
    error = standard_error(frechet_influences(real, fake))
    return error / total_variance(real) if normalised else error


METRIC = FeatureMetric(lambda real, fake, normalised: {"frechet": frechet_estimate(real, fake, normalised)})
