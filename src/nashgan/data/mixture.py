"""A density that is known exactly: a mixture of isotropic normal distributions of one width."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import logsumexp, ndtr

Edges = list[Float[np.ndarray, " _"]]  # the bounds of the cells along each axis


@dataclass(frozen=True)
class Mixture:
    """Σ N(centre_k, deviation² I) / K. `modes`: whether the centres are peaks that can be told apart and counted."""

    centres: Float[np.ndarray, "k d"]
    deviation: float
    modes: bool = True

    @property
    def dimensions(self) -> int:
        return int(self.centres.shape[1])

    def draw(self, count: int, random: np.random.Generator) -> Float[np.ndarray, "count d"]:
        """`count` points."""
        chosen = self.centres[random.integers(len(self.centres), size=count)]
        return chosen + self.deviation * random.standard_normal(chosen.shape)

    def log_density(self, points: Float[np.ndarray, "n d"]) -> Float[np.ndarray, " n"]:
        """The natural logarithm of the density at each of `points`."""
        squares = np.square(points[:, None, :] - self.centres).sum(axis=2) / (2 * self.deviation**2)
        constant = self.dimensions * np.log(self.deviation * np.sqrt(2 * np.pi)) + np.log(len(self.centres))
        logarithms: Float[np.ndarray, " n"] = logsumexp(-squares, axis=1) - constant
        return logarithms

    def bounds(self) -> Float[np.ndarray, "2 d"]:
        """The corners of a box that holds all but about a millionth of the points of each centre."""
        reach = 5 * self.deviation
        return np.stack([self.centres.min(axis=0) - reach, self.centres.max(axis=0) + reach])

    def cell_probabilities(self, edges: Edges) -> Float[np.ndarray, "..."]:
        """The probability of each cell between `edges`, exactly: a product of differences of Φ along the axes."""
        axes = [
            np.diff(ndtr((axis[None, :] - self.centres[:, d, None]) / self.deviation)) for d, axis in enumerate(edges)
        ]
        cells = axes[0]
        for axis in axes[1:]:
            cells = cells[..., None] * axis.reshape(len(axis), *(1,) * (cells.ndim - 1), -1)
        probabilities: Float[np.ndarray, ...] = cells.mean(axis=0)
        return probabilities
