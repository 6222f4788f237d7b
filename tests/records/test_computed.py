"""Arrays that several processes compute: the same bits for any number of them, and written whole or not at all."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from record_files import CPU
from workspaces import write_classifier

from nashgan.features.classifier import load_classifier
from nashgan.features.correction import corrected_sampler
from nashgan.models.config import ModelConfig, build_generator
from nashgan.models.generator import save_generator
from nashgan.records import computed
from nashgan.records.computed import divided, shares, write_computed
from nashgan.records.paths import Paths
from nashgan.runtime.device import AUTO
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace

COUNT, BLOCK = 150, 64
TWO = AUTO.model_copy(update={"device": "cpu", "processes": 2, "threads": 1})


def rows(part: range) -> Iterator[np.ndarray]:
    """The numbers of `part`, a block at a time."""
    for first in range(part.start, part.stop, BLOCK):
        yield np.arange(first, min(first + BLOCK, part.stop), dtype=np.int64)[:, None]


def refused(part: range) -> Iterator[np.ndarray]:
    """The first block; then the disk is full."""
    yield next(rows(part))
    raise UserError("the disk is full")


@given(st.integers(1, 5000), st.integers(1, 300), st.integers(1, 9))
def test_each_process_has_whole_blocks_and_together_they_have_all(count: int, block: int, processes: int) -> None:
    found = shares(count, block, processes)
    assert [row for part in found for row in part] == list(range(count))
    assert len(found) == processes and all(part.start % block == 0 or not part for part in found)
    sizes = [-(-len(part) // block) for part in found]
    assert max(sizes) - min(sizes) <= 1


def test_large_arrays_are_memory_mapped_and_have_the_same_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute = partial(computed.computed, (COUNT, 1), "int64", BLOCK, rows, None)
    with divided(AUTO, tmp_path / "scratch"):
        small = compute()
        monkeypatch.setattr(computed, "IN_MEMORY", 0)
        large = compute()
    assert not isinstance(small, np.memmap) and isinstance(large, np.memmap)
    assert small[:, 0].tolist() == large[:, 0].tolist() == compute()[:, 0].tolist() == list(range(COUNT))
    assert not list((tmp_path / "scratch").iterdir())


def test_a_failed_computation_leaves_the_earlier_array(tmp_path: Path) -> None:
    path = tmp_path / "rows.npy"
    write_computed(path, (COUNT, 1), "int64", BLOCK, rows, None)
    with pytest.raises(UserError, match="disk is full"):
        write_computed(path, (COUNT, 1), "int64", BLOCK, refused, None)
    assert np.load(path)[:, 0].tolist() == list(range(COUNT))
    assert [one.name for one in tmp_path.iterdir()] == ["rows.npy"]


def test_samples_and_features_have_the_same_bits_on_one_and_two_processes(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    config = ModelConfig(name="mlp", examples=ImageSpace(1, 32, 32).format, latent=4, width=8, classes=10)
    save_generator(paths.generator, config, build_generator(config), build_generator(config))
    write_classifier(paths)
    generator, network = corrected_sampler(paths, device=CPU), load_classifier(paths.classifier, CPU).network
    alone = generator.sample(3, COUNT)
    of_alone = network.features(alone)
    with divided(TWO, paths.scratch):
        assert np.array_equal(generator.sample(3, COUNT), alone)
        assert np.array_equal(network.features(alone), of_alone)
        assert np.array_equal(network.features(alone[:10]), of_alone[:10])  # less than a batch: not divided
    assert not list(paths.scratch.iterdir())
