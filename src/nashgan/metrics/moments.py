"""Gaussian statistics of feature vectors, streamed in float64."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64
from scipy.linalg.blas import dsyrk

from nashgan.runtime.errors import UserError

ROWS = 4096  # feature vectors that are looked at at a time


@dataclass(frozen=True)
class Moments:
    """Mean and unbiased covariance (divided by n - 1, as numpy.cov and pytorch-fid do) of `count` feature vectors."""

    mean: Float64[np.ndarray, " d"]
    covariance: Float64[np.ndarray, "d d"]
    count: int


class StreamingMoments:
    """Exact mean and covariance of features that arrive in batches of any size.

    The mean of the first batch is subtracted from everything, so that a common offset does not cost precision.
    Memory: one d x d matrix of float64 and one batch.
    """

    def __init__(self, dim: int) -> None:
        self._shift: Float64[np.ndarray, " d"] | None = None
        self._sum = np.zeros(dim)
        self._products = np.zeros((dim, dim), order="F")  # upper triangle of the sum of x xᵀ
        self._count = 0

    def update(self, features: Float[np.ndarray, "n d"]) -> None:
        """Add `n >= 0` feature vectors. Raises UserError where they are not finite or of another dimension."""
        if features.shape[1:] != self._sum.shape:
            raise UserError(f"features: must have {len(self._sum)} dimensions, have the shape {features.shape}")
        if not len(features):
            return
        check_finite(features)
        if self._shift is None:
            self._shift = features.mean(axis=0, dtype=np.float64)
        centred = features - self._shift
        self._sum += centred.sum(axis=0)
        self._products = dsyrk(1.0, centred.T, beta=1.0, c=self._products, overwrite_c=True)
        self._count += len(features)

    def finish(self) -> Moments:
        """The statistics of all that was added. Raises UserError for fewer than two feature vectors."""
        if self._shift is None or self._count < 2:
            raise UserError(f"features: a covariance needs at least two feature vectors, got {self._count}")
        offset = self._sum / self._count
        covariance = np.triu(self._products)
        covariance += np.triu(covariance, 1).T
        covariance -= self._count * np.outer(offset, offset)
        covariance /= self._count - 1
        return Moments(self._shift + offset, covariance, self._count)


def moments(features: Float[np.ndarray, "n d"], batch: int = 1024) -> Moments:
    """Mean and unbiased covariance of `features`. Raises UserError where they are not finite or fewer than two."""
    stream = StreamingMoments(features.shape[1])
    for start in range(0, len(features), batch):
        stream.update(features[start : start + batch])
    return stream.finish()


def check_finite(features: Float[np.ndarray, "n d"]) -> None:
    """Raise a UserError that names the first row with a NaN or infinite value."""
    parts = (np.isfinite(features[start : start + ROWS]).all(axis=1) for start in range(0, len(features), ROWS))
    broken = ~np.concatenate([np.empty(0, bool), *parts])
    if broken.any():
        raise UserError(
            f"features: {int(broken.sum())} of {len(features)} rows hold NaN or infinite values (first: row "
            f"{int(broken.argmax())}); the images or the feature network are broken"
        )
