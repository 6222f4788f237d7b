"""Moving MNIST in the form of the published file: from torchvision's layout, from a mirror, and spoilt."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from dataset_cases import read_all, source

from nashgan.data import moving_mnist
from nashgan.data.fetch import RemoteFile
from nashgan.runtime.errors import UserError

NAME = "mnist_test_seq.npy"
CLIPS = np.random.default_rng(0).integers(0, 256, (20, 3, 64, 64), dtype=np.uint8)  # frames first, as it is published


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder in torchvision's layout."""
    (tmp_path / "root" / "MovingMNIST").mkdir(parents=True)
    np.save(tmp_path / "root" / "MovingMNIST" / NAME, CLIPS)
    return tmp_path / "root"


def test_the_file_in_torchvisions_layout_is_taken_as_it_is(root: Path) -> None:
    dataset = source("moving_mnist", root, root=str(root), image_size=64)
    clips, unreadable = read_all(dataset)
    assert not unreadable and dataset.labels is None and dataset.origin["files"][0]["name"] == NAME
    np.testing.assert_array_equal(clips[:, :, 0], CLIPS.transpose(1, 0, 2, 3))


def test_a_mirror_is_checked_by_the_published_md5(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NASHGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(moving_mnist, "_HOST", str(tmp_path / "nowhere"))
    mirror = root / "MovingMNIST"
    with pytest.raises(UserError, match="another file of that name, md5 is not be083ec986bfe91a"):
        source("moving_mnist", tmp_path, mirror=[str(mirror)])
    content = (mirror / NAME).read_bytes()
    file = RemoteFile(NAME, len(content), hashlib.md5(content, usedforsecurity=False).hexdigest(), "md5")
    monkeypatch.setattr(moving_mnist, "_FILE", file)
    clips, _ = read_all(source("moving_mnist", tmp_path, mirror=[str(mirror)], image_size=32, channels=3))
    assert clips.shape == (3, 20, 3, 32, 32)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"no array"),
        lambda path: np.save(path, CLIPS.astype(np.float32)),
        lambda path: np.save(path, CLIPS[:1]),
        lambda path: np.save(path, CLIPS[:, :0]),
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
    ],
)
def test_another_content_is_one_line(root: Path, spoil: Callable[[Path], object]) -> None:
    spoil(root / "MovingMNIST" / NAME)
    with pytest.raises(UserError, match=r"mnist_test_seq\.npy: not the clips of Moving MNIST") as refused:
        source("moving_mnist", root, root=str(root))
    assert "\n" not in str(refused.value)
