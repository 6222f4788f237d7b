"""The k-th batch is a function of (seed, k) alone."""

from pathlib import Path

import numpy as np
import pytest
import torch
from record_files import CPU

from nashgan.games import batches as module
from nashgan.games.batches import Batches
from nashgan.records.examples import Examples
from nashgan.spaces.image import ImageSpace

PICTURES = np.arange(10 * 2 * 4 * 4, dtype=np.uint32).reshape(10, 2, 4, 4).astype(np.uint8)


def of(examples: Examples, batch: int, seed: int = 0, classes: int = 0) -> Batches:
    return Batches(examples, ImageSpace(*examples.values.shape[1:]), batch, seed, CPU, classes)


def test_an_epoch_shows_each_image_at_most_once_in_a_new_order() -> None:
    batches = of(Examples(PICTURES), 3)
    first = torch.cat([batches._indices(k) for k in range(3)])
    second = torch.cat([batches._indices(k) for k in range(3, 6)])
    assert len(set(first.tolist())) == len(set(second.tolist())) == 9
    assert not torch.equal(first, second)


def test_batches_do_not_depend_on_what_was_asked_before() -> None:
    batches = of(Examples(PICTURES), 3)
    forwards = [batches(k)[0] for k in range(8)]
    backwards = [of(Examples(PICTURES), 3)(k)[0] for k in reversed(range(8))]
    for a, b in zip(forwards, reversed(backwards), strict=True):
        assert torch.equal(a, b)


def test_another_seed_is_another_order() -> None:
    assert not torch.equal(of(Examples(PICTURES), 10, seed=0)(0)[0], of(Examples(PICTURES), 10, seed=1)(0)[0])


def test_bytes_become_minus_one_to_one() -> None:
    extremes = np.zeros((2, 1, 2, 2), np.uint8)
    extremes[1] = 255
    batch = of(Examples(extremes), 2)(0)[0]
    assert set(batch.flatten().tolist()) == {-1.0, 1.0}
    assert batch.dtype == torch.float32


def test_images_that_do_not_fit_are_read_from_disk_and_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    resident = of(Examples(PICTURES), 4)
    monkeypatch.setattr(module, "FREE_SHARE", 0.0)
    streamed = of(Examples(PICTURES), 4)
    assert resident.resident is not None
    assert streamed.resident is None
    for k in range(5):
        assert torch.equal(resident(k)[0], streamed(k)[0])


def test_a_memory_mapped_file_is_not_copied_on_a_cpu(tmp_path: Path) -> None:
    np.save(tmp_path / "pictures.npy", PICTURES)
    mapped, copied = of(Examples(np.load(tmp_path / "pictures.npy", mmap_mode="r")), 4), of(Examples(PICTURES), 4)
    assert mapped.resident is None and copied.resident is not None
    assert all(torch.equal(mapped(k)[0], copied(k)[0]) for k in range(5))


def test_labels_stay_with_their_images() -> None:
    labels = PICTURES[:, 0, 0, 0].astype(np.int64)
    batches = of(Examples(PICTURES, labels), 4, classes=256)
    for k in range(6):
        images, of_images = batches(k)
        assert of_images is not None
        assert torch.equal(((images[:, 0, 0, 0] + 1) * 127.5).round().long(), of_images)
