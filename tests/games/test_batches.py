"""The k-th batch is a function of (seed, k) alone."""

import numpy as np
import pytest
import torch

from nashgan.games import batches as module
from nashgan.games.batches import TrainingImages

CPU = torch.device("cpu")
PICTURES = np.arange(10 * 2 * 4 * 4, dtype=np.uint32).reshape(10, 2, 4, 4).astype(np.uint8)


def test_an_epoch_shows_each_image_at_most_once_in_a_new_order() -> None:
    batches = TrainingImages(PICTURES, 3, 0, CPU)
    first = torch.cat([batches._indices(k) for k in range(3)])
    second = torch.cat([batches._indices(k) for k in range(3, 6)])
    assert len(set(first.tolist())) == len(set(second.tolist())) == 9
    assert not torch.equal(first, second)


def test_batches_do_not_depend_on_what_was_asked_before() -> None:
    batches = TrainingImages(PICTURES, 3, 0, CPU)
    forwards = [batches(k)[0] for k in range(8)]
    backwards = [TrainingImages(PICTURES, 3, 0, CPU)(k)[0] for k in reversed(range(8))]
    for a, b in zip(forwards, reversed(backwards), strict=True):
        assert torch.equal(a, b)


def test_another_seed_is_another_order() -> None:
    assert not torch.equal(TrainingImages(PICTURES, 10, 0, CPU)(0)[0], TrainingImages(PICTURES, 10, 1, CPU)(0)[0])


def test_bytes_become_minus_one_to_one() -> None:
    extremes = np.zeros((2, 1, 2, 2), np.uint8)
    extremes[1] = 255
    batch = TrainingImages(extremes, 2, 0, CPU)(0)[0]
    assert set(batch.flatten().tolist()) == {-1.0, 1.0}
    assert batch.dtype == torch.float32


def test_images_that_do_not_fit_are_read_from_disk_and_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    resident = TrainingImages(PICTURES, 4, 0, CPU)
    monkeypatch.setattr(module, "FREE_SHARE", 0.0)
    streamed = TrainingImages(PICTURES, 4, 0, CPU)
    assert resident.resident is not None
    assert streamed.resident is None
    for k in range(5):
        assert torch.equal(resident(k)[0], streamed(k)[0])


def test_labels_stay_with_their_images() -> None:
    labels = PICTURES[:, 0, 0, 0].astype(np.int64)
    batches = TrainingImages(PICTURES, 4, 0, CPU, labels, 256)
    for k in range(6):
        images, of_images = batches(k)
        assert of_images is not None
        assert torch.equal(((images[:, 0, 0, 0] + 1) * 127.5).round().long(), of_images)
