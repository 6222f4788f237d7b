"""Splitting into train, validation and test: stratified and seeded, or with the published test set.

Only a published test set may contain an image that is in another split, too.

The split of any other image depends only on the seed and on the images' content, not on file order, platform or
library version.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64, Shaped, UInt64

from nashgan.records.names import SPLITS
from nashgan.runtime.errors import UserError
from nashgan.runtime.randomness import derive_seed


def seeded_digests(examples: Shaped[np.ndarray, "n ..."], seed: int) -> UInt64[np.ndarray, "n 2"]:
    """128 bits of each image's BLAKE2b hash, keyed by `seed`: equal only for equal images, and random otherwise.

    Splitting keeps only these 16 bytes of each image in memory.
    """
    key = derive_seed(seed, "split").to_bytes(8, "big")
    digests = [hashlib.blake2b(example.tobytes(), digest_size=16, key=key).digest() for example in examples]
    return np.frombuffer(b"".join(digests), dtype=">u8").reshape(-1, 2).astype(np.uint64)


def group_equal(digests: UInt64[np.ndarray, "n 2"]) -> Int64[np.ndarray, " n"]:
    """The group of each image. Equal images share one. Groups are numbered by digest, so their order is random."""
    return np.unique(digests, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def assign_splits(
    groups: Int64[np.ndarray, " n"], labels: Int64[np.ndarray, " n"] | None, fractions: Sequence[float]
) -> Int64[np.ndarray, " n"]:
    """The split of each image, an index into `SPLITS`, from its group; `fractions` are the splits' shares, sum one.

    Within a class each split gets its share, rounded down or up; only duplicates can make the difference larger. The
    rounding error of a class is carried to the next class, so that small classes are not all rounded alike. Equal
    images stay together, with the label of the first. Raises UserError where a split with a positive share stays empty.
    """
    _, first, sizes = np.unique(groups, return_index=True, return_counts=True)
    classes = np.zeros(len(first), dtype=np.int64) if labels is None else labels[first]
    split_of_group = np.zeros(len(first), dtype=np.int64)
    carry = np.zeros(len(fractions))
    for label in np.unique(classes):
        members = np.flatnonzero(classes == label)
        members = members[np.argsort(-sizes[members], kind="stable")]  # large groups first, while there is room
        wanted = np.asarray(fractions) * sizes[members].sum()
        left = _quotas(wanted, carry).tolist()
        carry += wanted
        for group, size in zip(members.tolist(), sizes[members].tolist(), strict=True):
            split = max(range(len(left)), key=left.__getitem__)
            split_of_group[group] = split
            left[split] -= size
            carry[split] -= size
    assignment: np.ndarray = split_of_group[groups]
    _refuse_empty(assignment, fractions)
    return assignment


def official_split(
    groups: Int64[np.ndarray, " n"], labels: Int64[np.ndarray, " n"] | None, test: int, validation: float
) -> Int64[np.ndarray, " n"]:
    """As `assign_splits`, but exactly the last `test` images are the test split; `validation` is a share of the others.

    So the test split is the published one, even where an image of it equals one of the others; see `in_both`.
    """
    others = len(groups) - test
    _, found = np.unique(groups[:others], return_inverse=True)
    of_others, known = found.reshape(-1).astype(np.int64), None if labels is None else labels[:others]
    assignment: np.ndarray = np.full(len(groups), SPLITS.index("test"), dtype=np.int64)
    assignment[:others] = assign_splits(of_others, known, (1 - validation, validation, 0.0))
    return assignment


def in_both(groups: Int64[np.ndarray, " n"], assignment: Int64[np.ndarray, " n"]) -> list[tuple[int, int]]:
    """Pairs of equal images: the index of the first one in train or validation, and that of one in the test split.

    There is a pair for each such image of the test split, in their order. Indices are those before the splitting.
    """
    test = SPLITS.index("test")
    first: dict[int, int] = {}
    for place in np.flatnonzero(assignment < test).tolist():
        first.setdefault(int(groups[place]), place)
    tested = np.flatnonzero(assignment == test).tolist()
    return [(first[int(groups[place])], place) for place in tested if int(groups[place]) in first]


def _quotas(wanted: np.ndarray, carry: np.ndarray) -> Int64[np.ndarray, " splits"]:
    """Integers with the sum of `wanted`, each rounded down or up: up where the error carried so far is largest."""
    quotas = np.floor(wanted + 1e-9).astype(np.int64)  # 0.1 x 500 must count as 50, despite rounding error
    owed = np.where(wanted - quotas > 1e-9, wanted - quotas + carry, -np.inf)
    missing = round(wanted.sum()) - int(quotas.sum())
    quotas[np.argsort(-owed, kind="stable")[:missing]] += 1
    return quotas


def _refuse_empty(assignment: np.ndarray, fractions: Sequence[float]) -> None:
    for index, (name, fraction) in enumerate(zip(SPLITS, fractions, strict=True)):
        if fraction > 0 and not (assignment == index).any():
            where = "split.validation, split.test" if name == "train" else f"split.{name}"
            raise UserError(
                f"params.yaml: {where}: {fraction:g} of {len(assignment)} images leaves {name} empty; "
                "change the fraction or add images"
            )
