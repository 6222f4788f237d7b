"""Fréchet distance between Gaussians fitted to two sets of features (Heusel et al. 2017, arXiv:1706.08500, eq. 6).

    d² = |μ₁ - μ₂|² + tr Σ₁ + tr Σ₂ - 2 tr √(Σ₁ Σ₂)

With any factors Σᵢ = Fᵢᵀ Fᵢ, the last trace is the nuclear norm of F₁ F₂ᵀ. This form is always real, and it is exact
for singular covariances (fewer images than dimensions) without an ε on the diagonal. The usual form, the matrix root
of Σ₁ Σ₂, magnifies the product's rounding errors.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64
from scipy.linalg import eigh, qr, svdvals
from scipy.linalg.lapack import dpstrf

from nashgan.metrics.feature_metric import FeatureMetric, Features
from nashgan.metrics.interval import Estimate, normal_interval, standard_error
from nashgan.metrics.moments import Moments, check_finite, moments
from nashgan.runtime.errors import UserError
from nashgan.runtime.progress import progress

LARGE = 1 << 24  # numbers in a set above which its covariance is decomposed, not the set itself: half the time
ROWS = 4096  # samples whose influence is computed at a time


@dataclass(frozen=True)
class Gaussian:
    """A mean and a factor F of the covariance Fᵀ F."""

    mean: Float64[np.ndarray, " d"]
    factor: Float64[np.ndarray, "r d"]

    @classmethod
    def of_features(cls, features: Float[np.ndarray, "n d"]) -> "Gaussian":
        """The smaller of two exact factors: the centred features, or R of their QR decomposition.

        For large sets it is the factor of the covariance, `of_moments`.
        Raises UserError where features are not finite or fewer than two.
        """
        if len(features) > features.shape[1] and features.size > LARGE:
            return cls.of_moments(moments(features))
        if len(features) < 2:
            raise UserError(f"features: a covariance needs at least two feature vectors, got {len(features)}")
        check_finite(features)
        mean = features.mean(axis=0, dtype=np.float64)
        factor = (features - mean) / np.sqrt(len(features) - 1)
        if len(features) > features.shape[1]:
            factor = qr(factor, mode="r", overwrite_a=True, check_finite=False)[0][: features.shape[1]]
        return cls(mean, factor)

    @classmethod
    def of_moments(cls, found: Moments) -> "Gaussian":
        """Rank-truncated factor by pivoted Cholesky decomposition, PᵀΣP = UᵀU. The remainder is rounding error."""
        upper, pivots, rank, _ = dpstrf(found.covariance)
        factor = np.zeros((rank, len(upper)))
        factor[:, pivots - 1] = np.triu(upper)[:rank]
        return cls(found.mean, factor)

    def distance(self, other: "Gaussian") -> float:
        """The squared Fréchet distance, at least 0."""
        cross = self.factor @ other.factor.T
        trace_of_root = float(svdvals(cross, overwrite_a=True, check_finite=False).sum()) if cross.size else 0.0
        shift = self.mean - other.mean
        traces = float(np.vdot(self.factor, self.factor) + np.vdot(other.factor, other.factor))
        return max(0.0, float(shift @ shift) + traces - 2 * trace_of_root)  # rounding may make it negative if equal

    def influences(self, fake: Float[np.ndarray, "m d"], of_fake: "Gaussian") -> Float64[np.ndarray, " m"]:
        """As `frechet_influences`, which explains them; `of_fake` is the Gaussian of `fake`."""
        m = len(fake)
        if m <= len(self.factor):  # the smaller of two eigenproblems
            centred = fake - of_fake.mean
            cross = centred @ self.factor.T / np.sqrt(m - 1)
            values, vectors = eigh(cross @ cross.T, check_finite=False, driver="evd")
            root = vectors**2 @ np.sqrt(np.maximum(values, 0))
            return self._influences(centred, of_fake, root, m)
        product = self.factor @ of_fake.factor.T
        values, vectors = eigh(product @ product.T, check_finite=False, driver="evd")
        known = values > len(values) * np.finfo(np.float64).eps * values[-1]
        onto = self.factor.T @ vectors[:, known] / np.sqrt(m - 1)
        out = np.empty(m)
        with progress("influence of each sample", m, unit="samples") as advance:
            for start in range(0, m, ROWS):
                centred = fake[start : start + ROWS] - of_fake.mean
                root = (centred @ onto) ** 2 @ (1 / np.sqrt(values[known]))
                out[start : start + ROWS] = self._influences(centred, of_fake, root, m)
                advance(len(centred))
        return out

    def _influences(
        self,
        centred: Float64[np.ndarray, "n d"],
        of_fake: "Gaussian",
        root: Float64[np.ndarray, " n"],
        m: int,
    ) -> Float64[np.ndarray, " n"]:
        spread = (centred**2).sum(axis=1) / (m - 1) - root
        influences: np.ndarray = 2 * centred @ (of_fake.mean - self.mean) + m * spread
        return influences


def frechet_distance(real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m d"]) -> float:
    """Squared Fréchet distance between the Gaussians of two feature sets, at least 0, in squared feature units.

    Raises UserError where features are not finite or fewer than two.
    """
    return distances_from(real, normalised=False)(fake)


def normalised_frechet_distance(real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m d"]) -> float:
    """The Fréchet distance divided by the real features' total variance, which removes their scale; 0 is equal.

    A set of copies of one image scores 1 plus the squared distance of its features from the real mean, divided by the
    total variance. Raises UserError as `frechet_distance` does, and where the real features are constant.
    """
    return distances_from(real, normalised=True)(fake)


def distances_from(real: Float[np.ndarray, "n d"], normalised: bool) -> Callable[[Float[np.ndarray, "_ d"]], float]:
    """One of the two distances as a function of the samples: what it needs of `real` is computed once."""
    of_real, scale = Gaussian.of_features(real), total_variance(real) if normalised else 1.0
    return lambda fake: of_real.distance(Gaussian.of_features(fake)) / scale


def total_variance(real: Float[np.ndarray, "n d"]) -> float:
    """The trace of the covariance. Raises UserError where the features are constant."""
    if real.size > LARGE:  # numpy would subtract the mean from a copy of all
        variance = float(np.trace(moments(real).covariance))
    else:
        variance = float(real.var(axis=0, ddof=1, dtype=np.float64).sum())
    if variance == 0:
        raise UserError("features: the real set's features are constant, nothing to normalise the distance by")
    return variance


def frechet_influences(real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m d"]) -> Float64[np.ndarray, " m"]:
    """The influence of each sample: the derivative of the squared distance with respect to the sample's weight.

    It is known up to a constant. The variance of the distance is the variance of the influences divided by m. With
    centred samples xⱼ and C = X F₁ᵀ / √(m - 1), the influence is 2 xⱼᵀ(μ₂ - μ₁) + m |xⱼ|² / (m - 1) - m [√(C Cᵀ)]ⱼⱼ,
    the sum of the three terms' derivatives. Raises UserError as `frechet_distance` does.
    """
    return Gaussian.of_features(real).influences(fake, Gaussian.of_features(fake))


def frechet_distance_of_moments(real: Moments, fake: Moments) -> float:
    """The same distance as `frechet_distance`, from streamed means and covariances."""
    return Gaussian.of_moments(real).distance(Gaussian.of_moments(fake))


def frechet_estimate(real: Features, fake: Features, normalised: bool) -> Estimate:
    """The Fréchet distance, or the normalised one, with its interval."""
    of_real, of_fake = Gaussian.of_features(real), Gaussian.of_features(fake)
    scale = total_variance(real) if normalised else 1.0
    value = of_real.distance(of_fake) / scale
    error = standard_error(of_real.influences(fake, of_fake)) / scale
    return Estimate(value, normal_interval(value, error, 0))


def frechet_error(real: Features, fake: Features, normalised: bool) -> float:
    """The distance's standard error when the samples are drawn again."""
    error = standard_error(frechet_influences(real, fake))
    return error / total_variance(real) if normalised else error


METRIC = FeatureMetric(lambda real, fake, normalised: {"frechet": frechet_estimate(real, fake, normalised)})
