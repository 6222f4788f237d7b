"""Arrays of unknown length, written whole or not at all."""

import resource
from pathlib import Path

import numpy as np
import pytest

from nashgan.records.arrays import appended_array
from nashgan.runtime.errors import UserError


@pytest.mark.parametrize("count", [1, 9, 10, 12345])
def test_what_was_appended_is_an_ordinary_array(tmp_path: Path, count: int) -> None:
    values = np.random.default_rng(0).integers(0, 256, (count, 2, 3), dtype=np.uint8)
    with appended_array(tmp_path / "a.npy", (2, 3), "|u1") as append:
        for part in np.array_split(values, 7):
            append(part)
    read = np.load(tmp_path / "a.npy", mmap_mode="r", allow_pickle=False)
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, values)


def test_an_error_leaves_the_former_array(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.arange(3))
    with pytest.raises(ValueError, match="shape"), appended_array(path, (2,), "|u1") as append:
        append(np.zeros((1, 2)))
        append(np.zeros((1, 3)))
    np.testing.assert_array_equal(np.load(path), np.arange(3))
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.npy"]


def test_an_array_appears_only_when_it_is_complete(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), appended_array(tmp_path / "a.npy", (), "uint8") as append:
        append(np.ones(4, np.uint8))
        raise RuntimeError
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_a_user_error(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with (
            pytest.raises(UserError, match="limit is reached; free some space"),
            appended_array(tmp_path / "a.npy", (1000,), "|u1") as append,
        ):
            for _ in range(200):
                append(np.zeros((1, 1000), dtype=np.uint8))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []
