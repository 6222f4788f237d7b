"""Splits are partitions, stratified, free of leaks, and a function of seed and content."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nashgan.data.splitting import assign_splits, group_equal, seeded_digests
from nashgan.runtime.errors import UserError

FRACTIONS = (0.8, 0.1, 0.1)


def distinct_images(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 1, 4, 4), dtype=np.uint8)


def assign(
    images: np.ndarray, labels: np.ndarray | None, fractions: tuple[float, ...] = FRACTIONS, seed: int = 0
) -> np.ndarray:
    return assign_splits(group_equal(seeded_digests(images, seed)), labels, fractions)


fractions = st.tuples(st.integers(0, 45), st.integers(0, 45)).map(
    lambda percent: ((100 - sum(percent)) / 100, percent[0] / 100, percent[1] / 100)
)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=12), fractions, st.integers(0, 2**63 - 1))
def test_each_class_is_within_one_image_of_its_share(
    sizes: list[int], shares: tuple[float, float, float], seed: int
) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    try:
        splits = assign(distinct_images(len(labels)), labels, shares, seed)
    except UserError as error:  # a positive share of few images may be none: only then may it be refused
        assert "leaves" in str(error)
        assert min(share * len(labels) for share in shares if share) < len(sizes) + 1
        return
    for label, size in enumerate(sizes):
        counts = np.bincount(splits[labels == label], minlength=3)
        assert counts.sum() == size
        assert np.abs(counts - size * np.array(shares)).max() <= 1 + 1e-6
    for index, share in enumerate(shares):
        assert share > 0 or not (splits == index).any()


def test_round_numbers_are_exact() -> None:
    labels = np.repeat(np.arange(10), 500)
    splits = assign(distinct_images(5000), labels)
    for label in range(10):
        assert np.bincount(splits[labels == label]).tolist() == [400, 50, 50]


def test_classes_of_one_member_are_spread_over_the_splits() -> None:
    counts = np.bincount(assign(distinct_images(1000), np.arange(1000)), minlength=3)
    assert np.abs(counts - [800, 100, 100]).max() <= 1


@given(hnp.arrays(np.uint8, st.tuples(st.integers(40, 120), st.just(1), st.just(1), st.just(1))), st.integers(0, 99))
def test_equal_images_are_never_in_two_splits(images: np.ndarray, seed: int) -> None:
    try:
        splits = assign(images, None, seed=seed)
    except UserError:  # hundreds of copies of a few images cannot be spread over three splits
        assert len(np.unique(images)) < 40
        return
    for value in np.unique(images):
        assert len(set(splits[images.ravel() == value])) == 1
    assert set(splits) == {0, 1, 2}


@given(st.integers(0, 2**63 - 1))
def test_the_order_of_the_files_decides_nothing(seed: int) -> None:
    images, labels = distinct_images(100), np.repeat(np.arange(4), 25)
    order = np.random.default_rng(seed).permutation(100)
    np.testing.assert_array_equal(
        assign(images, labels, seed=seed)[order], assign(images[order], labels[order], seed=seed)
    )


def test_the_seed_decides() -> None:
    images = distinct_images(200)
    first, again, other = (assign(images, None, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.1


def test_the_result_is_the_same_on_every_platform() -> None:
    images = np.arange(40, dtype=np.uint8).reshape(-1, 1, 1, 1)
    splits = assign(images, None, (0.5, 0.25, 0.25), seed=7)
    assert "".join(map(str, splits)) == "1100201000011201022120000002001212010220"


def test_unlabelled_images_are_split_by_share_alone() -> None:
    assert np.bincount(assign(distinct_images(50), None)).tolist() == [40, 5, 5]


@pytest.mark.parametrize(("count", "shares", "name"), [(4, FRACTIONS, "test"), (1, (0.5, 0.5, 0), "validation")])
def test_an_empty_split_is_refused_by_name(count: int, shares: tuple[float, ...], name: str) -> None:
    with pytest.raises(UserError, match=f"split.{name}: .* leaves {name} empty; change"):
        assign(distinct_images(count), None, shares)


def test_equal_images_share_a_group_and_groups_are_in_random_order() -> None:
    images = distinct_images(300)
    groups = group_equal(seeded_digests(np.concatenate([images, images]), 0))
    np.testing.assert_array_equal(groups[:300], groups[300:])
    assert sorted(groups[:300]) == list(range(300))
    rising = np.mean([a < b for a, b in pairwise(groups[:300].tolist())])
    assert 0.4 < rising < 0.6
