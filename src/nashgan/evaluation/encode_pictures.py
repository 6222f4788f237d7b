"""Pictures of what vectors mean: reconstructions, neighbours, arithmetic, and walks between real images."""

import numpy as np
from jaxtyping import Float32, Int64, UInt8
from PIL import Image
from sklearn.neighbors import NearestNeighbors

from nashgan.models.encoder import Codec
from nashgan.records.examples import Examples
from nashgan.runtime.randomness import derive_seed

PAIRS = 32  # images above their reconstructions
ROWS = 6  # of neighbours, and of walks
STEPS = 8  # images of a walk, or a row
AVERAGED = 3  # images of a class whose mean vector stands for it, as in Radford et al. (2016, figure 7)
SUM = (7, 1, 4)  # classes: the first, minus the second, plus the third


def draw(codec: Codec, train: Examples, held_out: Examples, classes: list[str] | None) -> dict[str, Image.Image]:
    """The pictures by name. Images are drawn by a seed from the held-out ones; neighbours are training images."""
    random = np.random.default_rng(derive_seed(0, "encode", "pictures"))
    order = random.permutation(len(held_out))
    images = np.asarray(held_out.values)[order]
    vectors = codec.encode(images[: max(PAIRS, 2 * ROWS)])
    pictures = {
        "reconstructions": _reconstructions(codec, images, vectors),
        "neighbours": _neighbours(codec, images, vectors, np.asarray(train.values)),
        "walk": _walk(codec, images, vectors),
    }
    if held_out.labels is not None and classes and len(classes) > max(SUM):
        arithmetic = _arithmetic(codec, images, np.asarray(held_out.labels)[order])
        pictures |= {"arithmetic": arithmetic} if arithmetic else {}
    return pictures


def _reconstructions(
    codec: Codec, images: UInt8[np.ndarray, "n c h w"], vectors: Float32[np.ndarray, "m d"]
) -> Image.Image:
    """Rows of images, each above a row of what the generator draws for their vectors."""
    columns = codec.generator.space.columns
    count = min(PAIRS, len(images)) // columns * columns or min(len(images), columns)
    made = codec.decode(vectors[:count])
    rows = [part[at : at + columns] for at in range(0, count, columns) for part in (images[:count], made)]
    return codec.generator.space.grid(np.concatenate(rows), min(columns, count))


def _neighbours(
    codec: Codec,
    images: UInt8[np.ndarray, "n c h w"],
    vectors: Float32[np.ndarray, "m d"],
    train: UInt8[np.ndarray, "t c h w"],
) -> Image.Image:
    """An image on the left, and beside it the training images with the nearest vectors."""
    count = min(STEPS - 1, len(train))
    known = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(codec.encode(train))
    found = known.kneighbors(vectors[:ROWS], return_distance=False)
    rows = [
        np.concatenate([images[row : row + 1], train[np.sort(near)][np.argsort(np.argsort(near))]])
        for row, near in enumerate(found)
    ]
    return codec.generator.space.grid(np.concatenate(rows), count + 1)


def _walk(codec: Codec, images: UInt8[np.ndarray, "n c h w"], vectors: Float32[np.ndarray, "m d"]) -> Image.Image:
    """Real images at both ends, and between them what the generator draws on the straight line of their vectors."""
    path = np.linspace(0, 1, STEPS, dtype=np.float32)[:, None]
    rows = []
    for row in range(min(ROWS, len(vectors) // 2)):
        one, other = vectors[2 * row], vectors[2 * row + 1]
        between = codec.decode((1 - path) * one + path * other)
        rows += [images[2 * row : 2 * row + 1], between, images[2 * row + 1 : 2 * row + 2]]
    return codec.generator.space.grid(np.concatenate(rows or [images[:1]]), STEPS + 2)


def _arithmetic(
    codec: Codec, images: UInt8[np.ndarray, "n c h w"], labels: Int64[np.ndarray, " n"]
) -> Image.Image | None:
    """Rows of four: the mean vectors of images of the three classes of `SUM`, and what their sum draws."""
    members = [np.flatnonzero(labels == label) for label in SUM]
    rows = min(ROWS, *(len(found) // AVERAGED for found in members))
    if not rows:
        return None
    means = [
        codec.encode(images[found[: rows * AVERAGED]]).reshape(rows, AVERAGED, -1).mean(axis=1) for found in members
    ]
    sums = np.stack([*means, means[0] - means[1] + means[2]], axis=1)  # a row: 7, 1, 4, 7 - 1 + 4
    return codec.generator.space.grid(codec.decode(sums.reshape(-1, codec.latent)), len(SUM) + 1)
