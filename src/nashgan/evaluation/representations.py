"""Vectors of the same images by several methods, each of as many numbers: what the question "encode" compares."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float32, UInt8
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nashgan.records.examples import Examples
from nashgan.runtime.randomness import derive_seed

FITTED = 20_000  # training images that principal components are fitted to, at most
CHUNK = 5_000  # images at a time: features in all layers of D are thousands of numbers an image
TINY = 1e-12  # the smallest variance that is divided by
ROUNDS = 1_000  # of the probe's optimizer, at most

Vectors = Float32[np.ndarray, "n d"]
Represent = Callable[[UInt8[np.ndarray, "n c h w"]], Vectors]


def pixels(images: UInt8[np.ndarray, "n c h w"]) -> Vectors:
    """Brightness in [0, 1], a row an image."""
    return np.array(images).reshape(len(images), -1).astype(np.float32) / np.float32(255)


class Components:
    """The first principal components of some numbers of the training images."""

    def __init__(
        self, train: UInt8[np.ndarray, "n c h w"], count: int, of: Represent = pixels, whitening: float = 0.0
    ) -> None:
        """`count` components, or as many as the images allow; each is divided by σ to the power `whitening`."""
        values = of(np.array(train[:FITTED]))
        seed = derive_seed(0, "principal components") % 2**32
        self.of = of
        self.whitening = whitening
        self.pca = PCA(min(count, *values.shape), svd_solver="randomized", random_state=seed).fit(values)

    @property
    def count(self) -> int:
        """How many components there are."""
        return int(self.pca.n_components_)

    def __call__(self, images: UInt8[np.ndarray, "n c h w"]) -> Vectors:
        """The components of images."""
        pieces = [self.pca.transform(self.of(np.array(images[at : at + CHUNK]))) for at in range(0, len(images), CHUNK)]
        scale = np.maximum(self.pca.explained_variance_, TINY) ** (self.whitening / 2)
        return np.asarray(np.concatenate(pieces) / scale, dtype=np.float32)

    def reconstructed(self, images: UInt8[np.ndarray, "n c h w"]) -> UInt8[np.ndarray, "n c h w"]:
        """Images made again from their components, which must be of pixels and not whitened."""
        made = self.pca.inverse_transform(self(images))
        return np.asarray((made.clip(0, 1) * 255).round(), dtype=np.uint8).reshape(images.shape)


@dataclass(frozen=True)
class Representation:
    """The vectors of labelled training images and of held-out ones, by one method."""

    name: str
    train: Vectors
    held_out: Float32[np.ndarray, "m d"]
    train_labels: np.ndarray
    labels: np.ndarray

    @classmethod
    def of(cls, name: str, represent: Represent, train: Examples, held_out: Examples) -> "Representation":
        """The vectors of both sets of labelled images. Raises ValueError where labels are missing."""
        if train.labels is None or held_out.labels is None:
            raise ValueError("representations are compared by labels, and there are none")
        known = (np.array(train.labels), np.array(held_out.labels))
        return cls(name, represent(train.values), represent(held_out.values), *known)

    @cached_property
    def nearest(self) -> Bool[np.ndarray, " m"]:
        """For each held-out image, whether the training image with the nearest vector is of its class."""
        return np.asarray(self.train_labels[self.neighbours(1)[:, 0]] == self.labels)

    @cached_property
    def probed(self) -> Bool[np.ndarray, " m"]:
        """For each held-out image, whether a linear classifier of the vectors names its class.

        Logistic regression on standardised vectors, of all training images with their labels (Alain and Bengio, 2017).
        """
        probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=ROUNDS)).fit(self.train, self.train_labels)
        return np.asarray(probe.predict(self.held_out) == self.labels)

    def neighbours(self, count: int, first: int | None = None) -> np.ndarray:
        """Indices of the `count` training images nearest to each held-out one, or to the `first` of them."""
        found = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(self.train)
        return np.asarray(found.kneighbors(self.held_out[:first], return_distance=False))


def error(one: UInt8[np.ndarray, "n c h w"], other: UInt8[np.ndarray, "n c h w"]) -> Float32[np.ndarray, " n"]:
    """The mean squared difference of each pair of images, brightness in [0, 1]."""
    return np.asarray(np.square(pixels(one) - pixels(other)).mean(axis=1))
