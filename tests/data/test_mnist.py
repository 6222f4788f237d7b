"""MNIST's file format, torchvision's layout and the embedded digits."""

import gzip
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dataset_cases import read_all, source
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mnist_files import idx, write_layout

from nashgan.data import mnist
from nashgan.data.fetch import RemoteFile
from nashgan.data.mnist import read_idx
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import sha256


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(("name", "folder"), [("mnist", "MNIST"), ("fashion_mnist", "FashionMNIST")])
def test_torchvisions_layout_is_used_without_a_download(tmp_path: Path, name: str, folder: str, packed: bool) -> None:
    digits = write_layout(tmp_path / "datasets", folder, packed)
    dataset = source(name, tmp_path, root="datasets", image_size=32)
    images, _ = read_all(dataset)
    np.testing.assert_array_equal(images[:, 0, 2:-2, 2:-2], digits)
    assert dataset.labels is not None
    assert dataset.labels.tolist() == list(range(10))
    assert dataset.classes is not None
    assert len(dataset.classes) == 10
    assert len(dataset.origin["files"]) == 4
    assert str(tmp_path) not in str(dataset.origin)


def test_torchvision_reads_what_we_read(tmp_path: Path) -> None:
    from torchvision.datasets import MNIST

    digits = write_layout(tmp_path, "MNIST", packed=False)
    theirs = np.concatenate([MNIST(tmp_path, train=train).data.numpy() for train in (True, False)])
    np.testing.assert_array_equal(theirs, digits)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no IDX header"),
        (idx(np.zeros((2, 3))), "no IDX header"),
        (b"\0\0\x0d\3" + idx(np.zeros((1, 2, 2)))[4:], "no IDX header"),  # floats
        (idx(np.zeros((2, 3, 3)))[:-1], "shorter or longer"),
        (idx(np.zeros((2, 3, 3))) + b"\0", "shorter or longer"),
        (struct.pack(">4I", 0x0803, 2**31, 2**31, 2**31), "at most"),
    ],
)
@pytest.mark.parametrize("packed", [True, False])
def test_other_files_are_refused_by_name(tmp_path: Path, content: bytes, message: str, packed: bool) -> None:
    path = tmp_path / ("a.gz" if packed else "a")
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(UserError, match=message) as caught:
        read_idx(path, 3)
    assert str(path) in str(caught.value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_garbled_gzip_files_are_refused(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(gzip.compress(idx(np.arange(48).reshape(3, 4, 4))))
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    (tmp_path / "a.gz").write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        assert read_idx(tmp_path / "a.gz", 3).shape == (3, 4, 4)  # a changed time or name in gzip's header is harmless
    except UserError as error:
        assert "download it again" in str(error)


def test_missing_files_come_from_a_mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digits = write_layout(tmp_path / "usb", "MNIST", packed=True)
    raw = tmp_path / "usb" / "MNIST" / "raw"
    published = tuple(
        RemoteFile(file.name, (raw / file.name).stat().st_size, sha256(raw / file.name)) for file in mnist._MNIST.files
    )
    monkeypatch.setenv("NASHGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(mnist, "_MNIST", replace(mnist._MNIST, files=published, host="nowhere"))
    dataset = source("mnist", tmp_path, mirror=["usb/MNIST/raw"], image_size=28)
    np.testing.assert_array_equal(read_all(dataset)[0][:, 0], digits)
    assert dataset.origin["files"] == [{"name": file.name, "sha256": file.digest} for file in published]
    with pytest.raises(
        UserError,
        match=r"train-images-idx3-ubyte\.gz could not be obtained .*data\.mirror, .*<data\.root>/MNIST/raw$",
    ):
        source("mnist", tmp_path)


def test_labels_must_fit_the_images(tmp_path: Path) -> None:
    write_layout(tmp_path, "MNIST", packed=False)
    labels = tmp_path / "MNIST" / "raw" / "train-labels-idx1-ubyte"
    labels.write_bytes(idx(np.zeros(5)))
    with pytest.raises(UserError, match="5 labels for 6 images"):
        source("mnist", tmp_path, root=str(tmp_path))
    labels.write_bytes(idx(np.full(6, 10)))
    with pytest.raises(UserError, match="label 10 is none of 10 classes"):
        source("mnist", tmp_path, root=str(tmp_path))


def test_embedded_digits_are_five_hundred_a_class(tmp_path: Path) -> None:
    dataset = source("mnist5k", tmp_path, image_size=32)
    images, _ = read_all(dataset)
    assert images.shape == (5000, 1, 32, 32)
    assert (images[:, :, :2].max(), images.max()) == (0, 255)
    assert dataset.labels is not None
    assert np.bincount(dataset.labels).tolist() == [500] * 10
    assert len(np.unique(images.reshape(5000, -1), axis=0)) == 5000
