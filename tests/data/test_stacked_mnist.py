"""Stacked MNIST: three digits an image, from files where they are named and else from the embedded ones."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import yaml
from dataset_cases import data_params, read_all, source
from mnist_files import write_layout

from nashgan.data import mnist, stacked_mnist
from nashgan.data.fetch import RemoteFile
from nashgan.data.source import channel_labels
from nashgan.params import parse_params
from nashgan.records.paths import Paths
from nashgan.records.raw import Unreadable, read_raw
from nashgan.records.splits import read_manifest, read_split
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import sha256
from nashgan.spaces.image import ImageSpace
from nashgan.stages import download, split


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """Make the dataset smaller. Returns its number of stacks."""
    monkeypatch.setattr(stacked_mnist, "STACKS", 3000)
    return 3000


def test_labels_are_the_digits_of_the_channels() -> None:
    np.testing.assert_array_equal(channel_labels(np.array([307, 0, 999]), 3, 10), [[3, 0, 7], [0, 0, 0], [9, 9, 9]])
    np.testing.assert_array_equal(channel_labels(np.array([5, 2]), 2, 3), [[1, 2], [0, 2]])


def test_each_channel_is_an_embedded_digit_of_its_class(tmp_path: Path) -> None:
    dataset, digits = source("stacked_mnist", tmp_path, image_size=32), source("mnist5k", tmp_path, image_size=32)
    assert (dataset.count, dataset.format, dataset.origin["digits"]) == (
        70_000,
        ImageSpace(3, 32, 32).format,
        "mnist5k",
    )
    assert dataset.origin["files"] == digits.origin["files"]
    assert dataset.labels is not None and digits.labels is not None
    assert dataset.classes is not None and dataset.classes[307] == "307"
    known = {image.tobytes(): label for image, label in zip(read_all(digits)[0], digits.labels, strict=True)}
    for image, label in zip(islice(dataset.examples, 200), dataset.labels, strict=False):
        assert not isinstance(image, Unreadable) and image.shape == (3, 32, 32)
        assert [known[channel.tobytes()] for channel in image] == list(channel_labels(label[None], 3, 10)[0])


def test_every_mode_is_there_about_as_often(tmp_path: Path) -> None:
    """70 times on average: Poisson's spread around that, and a uniform histogram by χ²."""
    write_layout(tmp_path, "MNIST", packed=False)
    labels = source("stacked_mnist", tmp_path, root=".").labels
    assert labels is not None
    counts = np.bincount(labels, minlength=1000)
    assert len(counts) == 1000 and counts.min() > 35 and counts.max() < 110
    assert abs(((counts - 70) ** 2 / 70).sum() - 999) < 5 * np.sqrt(2 * 999)


def test_the_same_stacks_each_time(tmp_path: Path, few: int) -> None:
    write_layout(tmp_path, "MNIST", packed=False)
    first, again = (source("stacked_mnist", tmp_path, root=".") for _ in range(2))
    np.testing.assert_array_equal(read_all(first)[0], read_all(again)[0])
    np.testing.assert_array_equal(first.labels, again.labels)


def test_named_files_are_taken_for_the_digits(tmp_path: Path, few: int) -> None:
    digits = write_layout(tmp_path / "datasets", "MNIST", packed=True)
    dataset = source("stacked_mnist", tmp_path, root="datasets", image_size=28)
    images, _ = read_all(dataset)
    assert images.shape == (few, 3, 28, 28)
    assert dataset.origin["digits"] == "mnist" and len(dataset.origin["files"]) == 4
    assert dataset.labels is not None  # the tenth of ten digits has the class 9
    np.testing.assert_array_equal(images, digits[channel_labels(dataset.labels, 3, 10)])


def test_a_mirror_is_taken_for_the_digits(tmp_path: Path, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    write_layout(tmp_path / "usb", "MNIST", packed=True)
    raw = tmp_path / "usb" / "MNIST" / "raw"
    files = [RemoteFile(f.name, (raw / f.name).stat().st_size, sha256(raw / f.name)) for f in mnist._MNIST.files]
    monkeypatch.setenv("NASHGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(mnist, "_MNIST", replace(mnist._MNIST, files=tuple(files), host="nowhere"))
    assert source("stacked_mnist", tmp_path, mirror=[str(raw)]).origin["digits"] == "mnist"
    with pytest.raises(UserError, match=r"train-images-idx3-ubyte\.gz could not be obtained"):
        source("stacked_mnist", tmp_path, mirror=["elsewhere"])


def test_one_channel_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^params.yaml: data.channels: stacked_mnist has three"):
        source("stacked_mnist", tmp_path, channels=1)
    assert source("stacked_mnist", tmp_path, channels=3).format == ImageSpace(3, 8, 8).format


def test_a_thousand_small_classes_are_split(tmp_path: Path, few: int) -> None:
    """Three images a class: the shares hold all in all, and no class is far from them."""
    paths = Paths(tmp_path)
    values = yaml.safe_load((Path(__file__).parents[2] / "params.yaml").read_text(encoding="utf-8"))
    model = values["model"] | {"name": "mlp"}  # the images have 8 pixels a side
    params = parse_params(values | {"data": data_params("stacked_mnist").model_dump(), "model": model})
    download.run(paths, params)
    split.run(paths, params)
    manifest = read_manifest(paths.splits)
    assert manifest.source["digits"] == "mnist5k"
    assert manifest.source["channel_classes"] == list("0123456789")
    counts = {name: part.count for name, part in manifest.splits.items()}
    assert counts == pytest.approx({"train": 0.8 * few, "validation": 0.1 * few, "test": 0.1 * few}, abs=2)
    train, raw = read_split(paths.splits, "train"), read_raw(paths.raw)
    assert train.labels is not None and raw.labels is not None
    of_train, of_all = (np.bincount(labels, minlength=1000) for labels in (train.labels, raw.labels))
    assert (abs(of_train - 0.8 * of_all) < 1.01).all()
