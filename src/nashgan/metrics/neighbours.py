"""Euclidean neighbours among feature vectors: found in float32 on torch's default device, decided in float64.

In float32, |x|² + |y|² - 2xy has an error of up to (d + 16) 2⁻²⁴ (|x|² + |y|²), which is much where x and y are nearly
equal. Wherever this error could change an answer, the squared distance is computed again in float64. So the answers are
those of float64. Distances are computed a block of rows at a time, so that no N x N matrix is in memory.
"""

import hashlib
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Float64, Int64, Shaped
from torch import Tensor

from nashgan.metrics.moments import check_finite
from nashgan.runtime.errors import UserError
from nashgan.runtime.progress import progress

ROWS, COLUMNS = 1024, 4096  # vectors of a block, and of those among which the nearest are looked for
FLOAT32 = 1e-6  # more than the share that a number changes by when it is rounded to float32
ROUNDING = 1e-12  # a squared distance is known up to this share of the squared norms: float64 rounds too
DOUBTFUL, FEW = 0.02, 8  # share of a block, and pairs a row, up to which single pairs are faster
PIECE = 1 << 22  # numbers that are subtracted at a time
REMEMBERED = 4  # sets whose radii are remembered

Vectors = Float[np.ndarray, "_ d"]


@dataclass(frozen=True)
class Overlap:
    """Which pairs of a real and a fake vector lie within a ball around one of the two."""

    of_real: Int64[np.ndarray, " n"]  # pairs of each real vector
    of_fake: Int64[np.ndarray, " m"]  # pairs of each fake vector
    alone: Int64[np.ndarray, " m"]  # how many real vectors have a pair with this fake one only

    @classmethod
    def empty(cls, real: int, fake: int) -> "Overlap":
        """No pair yet."""
        return cls(*(np.zeros(count, np.int64) for count in (real, fake, fake)))

    def add(self, place: slice, within: Bool[Tensor, "r m"]) -> None:
        """Count the pairs of some real vectors."""
        counts = within.sum(dim=1)
        self.of_real[place] = counts.cpu().numpy()
        self.of_fake[:] += within.sum(dim=0).cpu().numpy()
        self.alone[:] += within[counts == 1].sum(dim=0).cpu().numpy()


class Centred:
    """Vectors on the device in float32, less a common centre, and their squared norms in float64."""

    def __init__(self, vectors: Vectors, centre: Float64[np.ndarray, " d"]) -> None:
        self.original = vectors
        self.norms = np.empty(len(vectors))
        rounded = np.empty(vectors.shape, np.float32)
        for start in range(0, len(vectors), ROWS):
            place = slice(start, start + ROWS)
            centred = vectors[place] - centre
            self.norms[place] = np.einsum("nd,nd->n", centred, centred)
            rounded[place] = centred
        if not np.isfinite(self.norms).all():
            check_finite(vectors)
        self.rounded = torch.from_numpy(rounded).to(torch.get_default_device())

    def scaled_norms(self, factor: float) -> Float32[Tensor, " n"]:
        """The squared norms times `factor`, on the device."""
        return torch.from_numpy(factor * self.norms).float().to(self.rounded.device)


class Block:
    """Squared distances of vectors x from vectors y: bounds of all of them, and single ones in float64."""

    def __init__(self, x: Centred, y: Centred, centre: Float64[np.ndarray, " d"]) -> None:
        error = (x.original.shape[1] + 16) * 2.0**-24
        self.x, self.y, self.centre = x, y, centre
        self.lower = x.scaled_norms(1 - error)[:, None] + y.scaled_norms(1 - error)
        self.lower.addmm_(x.rounded, y.rounded.T, alpha=-2)
        self.slack = x.scaled_norms(2 * error), y.scaled_norms(2 * error)  # `lower` plus both is the upper bound

    def nearest(self, count: int) -> tuple[Float64[np.ndarray, "r k"], Int64[np.ndarray, "r k"]]:
        """The `count` smallest squared distances of each x in order, and which y they are of; the first of equals."""
        found, index = torch.topk(self.lower, count, dim=1, largest=False)
        bound = (found + self.slack[0][:, None] + self.slack[1][index]).amax(dim=1)
        pairs = _listed(self.lower <= bound[:, None])
        if pairs is None:
            squared = self._all()
            order = np.argsort(squared, axis=1, kind="stable")[:, :count]
            return np.take_along_axis(squared, order, axis=1), order
        i, j = pairs
        squared = self._of(i, j)
        order = np.lexsort((j, squared, i))
        first = np.searchsorted(i[order], np.arange(len(found)))
        chosen = order[first[:, None] + np.arange(count)]
        return squared[chosen], j[chosen]

    def within(self, radii: Float64[np.ndarray, "_ _"]) -> Bool[Tensor, "r m"]:
        """Whether each squared distance is at most its radius, of which there is one a row or one a column."""
        limit = torch.from_numpy(radii).float().to(self.lower.device)
        sure = self.lower + self.slack[0][:, None] + self.slack[1] <= limit * (1 - FLOAT32)
        pairs = _listed((self.lower <= limit * (1 + FLOAT32)) & ~sure)
        if pairs is None:
            inside = self._all() <= radii + ROUNDING * (self.x.norms[:, None] + self.y.norms)
            return torch.from_numpy(inside).to(sure.device)
        i, j = pairs
        most = np.broadcast_to(radii, sure.shape)[i, j] + ROUNDING * (self.x.norms[i] + self.y.norms[j])
        place = torch.from_numpy(i).to(sure.device), torch.from_numpy(j).to(sure.device)
        sure[place] = torch.from_numpy(self._of(i, j) <= most).to(sure.device)
        return sure

    def _of(self, i: Int64[np.ndarray, " p"], j: Int64[np.ndarray, " p"]) -> Float64[np.ndarray, " p"]:
        """Σ (x - y)² of single pairs; exactly 0 for equal vectors."""
        x, y = self.x.original, self.y.original
        out = np.empty(len(i))
        step = max(1, PIECE // x.shape[1])
        for start in range(0, len(i), step):
            piece = slice(start, start + step)
            difference = x[i[piece]].astype(np.float64) - y[j[piece]]
            out[piece] = np.einsum("pd,pd->p", difference, difference)
        return out

    def _all(self) -> Float64[np.ndarray, "r m"]:
        """All squared distances, as |x|² + |y|² - 2xy."""
        scale = self.x.norms[:, None] + self.y.norms
        squared: np.ndarray = scale - 2 * ((self.x.original - self.centre) @ (self.y.original - self.centre).T)
        squared[squared < ROUNDING * scale] = 0
        return squared


def _listed(chosen: Bool[Tensor, "r m"]) -> tuple[Int64[np.ndarray, " p"], Int64[np.ndarray, " p"]] | None:
    """The rows and columns of pairs, row by row; None where there are too many to look at one by one."""
    if int(chosen.sum()) > max(DOUBTFUL * chosen.numel(), FEW * len(chosen)):
        return None
    i, j = chosen.nonzero(as_tuple=True)
    return i.cpu().numpy(), j.cpu().numpy()


def blocks(a: Vectors, b: Vectors, what: str, rows: int = ROWS) -> Iterator[tuple[slice, Block]]:
    """The distances of up to `rows` vectors of `a` from all of `b`, with their place in `a`; shows the progress."""
    centre = b.mean(axis=0, dtype=np.float64)
    columns = Centred(b, centre)
    with progress(what, len(a), unit="vectors") as advance:
        for start in range(0, len(a), rows):
            place = slice(start, min(start + rows, len(a)))
            yield place, Block(Centred(a[place], centre), columns, centre)
            advance(place.stop - place.start)


def radii(features: Vectors, ks: Sequence[int]) -> Float64[np.ndarray, "k n"]:
    """Squared distance of each vector from its k-th nearest neighbour, not counting itself, for each k of `ks`.

    There must be more vectors than the largest k. The results of the last few sets are remembered, because real
    examples are compared with several sets.
    """
    content = np.ascontiguousarray(features)
    key = (hashlib.sha256(content.data).hexdigest(), content.shape, content.dtype.str, tuple(ks))
    if key not in _REMEMBERED:
        found = np.empty((len(ks), len(features)))
        for place, block in blocks(features, features, "radii"):
            found[:, place] = block.nearest(max(ks) + 1)[0].T[list(ks)]  # itself is at 0
        _REMEMBERED[key] = found
        if len(_REMEMBERED) > REMEMBERED:
            del _REMEMBERED[next(iter(_REMEMBERED))]
    return _REMEMBERED[key]


_REMEMBERED: dict[Hashable, Float64[np.ndarray, "k n"]] = {}


def overlaps(
    real: Float[np.ndarray, "n d"],
    fake: Float[np.ndarray, "m d"],
    of_real: Float64[np.ndarray, "_ n"],
    of_fake: Float64[np.ndarray, "_ m"],
) -> tuple[list[Overlap], list[Overlap]]:
    """The pairs within closed balls around real vectors, and around fake ones, for each row of squared radii."""
    made = [Overlap.empty(len(real), len(fake)) for _ in (*of_real, *of_fake)]
    for place, block in blocks(real, fake, "neighbours"):
        balls = [radius[place, None] for radius in of_real] + [radius[None] for radius in of_fake]
        for overlap, radius in zip(made, balls, strict=True):
            overlap.add(place, block.within(radius))
    return made[: len(of_real)], made[len(of_real) :]


def nearest(
    queries: Shaped[np.ndarray, "n ..."],
    among: Shaped[np.ndarray, "m ..."],
    to_vectors: Callable[[np.ndarray], Vectors] = np.asarray,
) -> tuple[Float64[np.ndarray, " n"], Int64[np.ndarray, " n"]]:
    """Distance of each query from the nearest of `among`, and its index; the first one of equals.

    `to_vectors` turns a few of either at a time into vectors, so that neither has to be in memory as a whole.
    Raises UserError where `among` is empty.
    """
    if not len(among):
        raise UserError("features: no training images to look for neighbours among")
    best, index = np.full(len(queries), np.inf), np.full(len(queries), -1)
    with progress("nearest", len(among)) as advance:
        for start in range(0, len(among), COLUMNS):
            vectors = to_vectors(among[start : start + COLUMNS])
            centre = vectors.mean(axis=0, dtype=np.float64)
            columns = Centred(vectors, centre)
            for row in range(0, len(queries), ROWS):
                place = slice(row, row + ROWS)
                squared, found = Block(Centred(to_vectors(queries[place]), centre), columns, centre).nearest(1)
                closer = squared[:, 0] < best[place]
                best[place][closer] = squared[closer, 0]
                index[place][closer] = found[closer, 0] + start
            advance(len(vectors))
    return np.sqrt(best), index


def check_neighbours(real: Vectors, fake: Vectors, k: int) -> None:
    """Raise a UserError where a set is too small for k-th neighbours, or not finite."""
    if min(len(real), len(fake)) <= k:
        raise UserError(f"features: neighbours up to the {k}th need {k + 1} images a set, got {len(real)}, {len(fake)}")
    check_finite(real)
    check_finite(fake)
