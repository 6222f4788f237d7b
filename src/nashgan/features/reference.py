"""The real examples that samples are compared with: which ones are drawn, and their features."""

import hashlib
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64, Shaped, UInt8

from nashgan.data.splitting import seeded_digests
from nashgan.features.network import FeatureNetwork
from nashgan.metrics.moments import check_finite
from nashgan.records.examples import Examples
from nashgan.records.names import SplitName
from nashgan.records.reference import Reference, compared
from nashgan.records.splits import FEWEST
from nashgan.runtime.errors import UserError
from nashgan.runtime.randomness import derive_seed


def draw_sets(count: int, available: int, split: SplitName) -> tuple[Int64[np.ndarray, " n"], Int64[np.ndarray, " n"]]:
    """Indices of two disjoint sets of `count` images, or of half of them each where fewer are available.

    The same numbers give the same sets. Raises UserError for fewer than two images a set.
    """
    count = min(count, available // 2)
    if count < 2:
        raise UserError(f"params.yaml: reference.split: {split} has {available} images, two sets of two need 4")
    drawn = _drawn(2 * count, available)
    return np.sort(drawn[:count]), np.sort(drawn[count:])


def draw_real_and_floor(
    count: int | None, train: Examples, compared: Examples, split: SplitName
) -> tuple[Examples, Examples]:
    """Up to `count` examples of `compared`, which is the split called `split`, and as many others of train.

    The latter are the floor. Where `split` is train, the two sets are disjoint. Without `count`, all examples of
    `compared`, and up to as many others: none where `split` is train. The same numbers give the same sets. Raises
    UserError for fewer than two examples a set.
    """
    if count is None and split == "train":
        return _whole(train, split), _picked(train, np.arange(0))
    if count is None:
        return _whole(compared, split), _picked(train, np.sort(_drawn(len(compared), len(train))))
    if split == "train":
        real, floor = draw_sets(count, len(train), split)
        return _picked(train, real), _picked(train, floor)
    count = min(count, len(compared), len(train))
    if count < 2:
        raise UserError(
            f"params.yaml: reference.split: {split} has {len(compared)} examples, train has {len(train)}; 2 are needed"
        )
    real, floor = (np.sort(_drawn(count, len(examples))) for examples in (compared, train))
    return _picked(compared, real), _picked(train, floor)


def _whole(examples: Examples, split: SplitName) -> Examples:
    if len(examples) < 2:
        raise UserError(f"params.yaml: reference.split: {split} has {len(examples)} examples; 2 are needed")
    return examples


@dataclass(frozen=True)
class Selection:
    """What the averaged generator is compared with during the training, and so what it may be selected by.

    `draw_selection` says whether examples of `real` may be among those that samples are compared with afterwards.
    """

    real: Examples
    floor: Examples  # as many as there are samples: what perfect samples would be
    split: SplitName  # of `real`

    @property
    def protocol(self) -> str:
        """How many samples are compared with what."""
        real = self.real.values
        return compared(len(self.floor), self.split, len(real), content_digest(np.asarray(real)))


def draw_selection(count: int, train: Examples, validation: Examples) -> Selection:
    """Up to `count` examples of the validation split, and up to as many of the training split as the floor.

    Where the validation split is too small, two disjoint sets of the training split, which may be those that samples
    are compared with afterwards. The same numbers give the same sets. Raises UserError as `draw_sets`.
    """
    if len(validation) < FEWEST:
        indices = draw_sets(count, len(train), "train")
        return Selection(_picked(train, indices[0]), _picked(train, indices[1]), "train")
    real, floor = (np.sort(_drawn(count, len(examples))) for examples in (validation, train))
    return Selection(_picked(validation, real), _picked(train, floor), "validation")


def _drawn(count: int, available: int) -> Int64[np.ndarray, " n"]:
    """The first `count` indices of an order of `available` that is always the same."""
    drawn: Int64[np.ndarray, " n"] = np.random.default_rng(derive_seed(0, "reference")).permutation(available)[:count]
    return drawn


def _picked(examples: Examples, index: Int64[np.ndarray, " n"]) -> Examples:
    return Examples(examples.values[index], None if examples.labels is None else examples.labels[index])


def content_digest(images: Shaped[np.ndarray, "n ..."]) -> str:
    """The sha256 of the images' shape and pixels."""
    digest = hashlib.sha256(repr(images.shape).encode())
    digest.update(np.ascontiguousarray(images).data)
    return digest.hexdigest()


def content_order(images: UInt8[np.ndarray, "n c h w"]) -> Int64[np.ndarray, " n"]:
    """The order of the images' digests. The same images have the same sequence in it, whatever their order was.

    Metrics that draw subsets get the features in this order, so that their values do not depend on the samples' order.
    """
    order: np.ndarray = np.lexsort(seeded_digests(images, 0).T)
    return order


def compute_reference(
    network: FeatureNetwork,
    real: UInt8[np.ndarray, "n c h w"],
    floor: UInt8[np.ndarray, "m c h w"],
    split: SplitName,
    whole: bool = False,
    preset: str | None = None,
) -> Reference:
    """The features of both sets. Raises UserError where the network answers with values that are not finite."""
    of_real, of_floor = network.features(real), network.features(floor)
    check_finite(of_real)
    check_finite(of_floor)
    known = network.name, network.sha256, network.resizer, split, content_digest(real)
    return Reference(of_real, of_floor, *known, whole, preset, network.doubt)
