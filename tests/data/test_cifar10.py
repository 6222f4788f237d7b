"""CIFAR-10's records, and the pickles of torchvision's layout, read without unpickling."""

import io
import pickle
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest
from dataset_cases import read_all, source
from hypothesis import given
from hypothesis import strategies as st

from nashgan.data import cifar10
from nashgan.data.cifar10 import parse_pickled, parse_records
from nashgan.data.fetch import RemoteFile
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace


def some_batch(seed: int, count: int = 4) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (count, 3, 32, 32), dtype=np.uint8), random.integers(0, 10, count)


def records(images: np.ndarray, labels: np.ndarray) -> bytes:
    return np.concatenate([labels[:, None].astype(np.uint8), images.reshape(len(images), -1)], axis=1).tobytes()


def published_pickle(images: np.ndarray, labels: np.ndarray) -> bytes:
    """A batch as Python 2's cPickle and numpy of 2009 wrote the published ones, opcode by opcode."""

    def text(value: bytes) -> bytes:
        return b"U" + bytes([len(value)]) + value

    pixels = images.tobytes()
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\0\x85U\x01btR("
        + b"K\x01" + b"J" + struct.pack("<i", len(images)) + b"M\0\x0c\x86cnumpy\ndtype\n"
        + text(b"u1") + b"K\0K\x01\x87R(K\x03" + text(b"|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89"
        + b"T" + struct.pack("<i", len(pixels)) + pixels + b"tb"
    )  # fmt: skip
    return (
        b"\x80\x02}(" + text(b"batch_label") + text(b"training batch 1 of 5")
        + text(b"labels") + b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
        + text(b"data") + array
        + text(b"filenames") + b"](" + b"".join(text(b"leptodactylus_s_0000%02d.png" % i) for i in range(4))
        + b"eu."
    )  # fmt: skip


def write_layout(root: Path, folder: str) -> tuple[np.ndarray, np.ndarray]:
    batches = [some_batch(seed) for seed in range(6)]
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    (root / folder).mkdir(parents=True)
    for name, batch in zip(names, batches, strict=True):
        pickled = folder.endswith("py")
        path = root / folder / (name if pickled else f"{name}.bin")
        path.write_bytes(published_pickle(*batch) if pickled else records(*batch))
    images, labels = zip(*batches, strict=True)
    return np.concatenate(images), np.concatenate(labels)


def test_the_pickle_of_this_test_is_a_real_one() -> None:
    images, labels = some_batch(0)
    entry = pickle.loads(published_pickle(images, labels), encoding="latin1")
    np.testing.assert_array_equal(entry["data"].reshape(images.shape), images)
    assert entry["labels"] == labels.tolist()


@pytest.mark.parametrize("folder", ["cifar-10-batches-py", "cifar-10-batches-bin"])
def test_both_layouts_are_used_without_a_download(tmp_path: Path, folder: str) -> None:
    expected, labels = write_layout(tmp_path / "root", folder)
    dataset = source("cifar10", tmp_path, root="root", image_size=32)
    images, _ = read_all(dataset)
    np.testing.assert_array_equal(images, expected)
    np.testing.assert_array_equal(dataset.labels, labels)
    assert dataset.format == ImageSpace(3, 32, 32).format
    assert read_all(source("cifar10", tmp_path, root="root", channels=1))[0].shape == (24, 1, 8, 8)


def test_a_pickle_is_never_run(tmp_path: Path) -> None:
    trace = tmp_path / "trace"

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return Path.touch, (trace,)

    images, labels = some_batch(0)
    evil = pickle.dumps({"labels": labels.tolist(), "data": images.tobytes(), "more": Evil()}, protocol=2)
    with pytest.raises(UserError):  # Python 3 writes bytes in another way
        parse_pickled(evil, "data_batch_1")
    parse_pickled(
        published_pickle(images, labels)[:-2] + pickle.dumps(Evil(), protocol=2)[2:-1] + b"u.", "data_batch_1"
    )
    assert not trace.exists()


@given(st.binary(max_size=200))
def test_foreign_files_are_refused_by_name(content: bytes) -> None:
    for parse in (parse_pickled, parse_records):
        with pytest.raises(UserError, match=r"data_batch_1: .*download it again"):
            parse(content, "data_batch_1")


@given(st.integers(1, 5_000))
def test_torn_pickles_are_refused(end: int) -> None:
    with pytest.raises(UserError, match="download it again"):
        parse_pickled(published_pickle(*some_batch(0))[:end], "data_batch_1")


def test_a_label_beyond_ten_is_refused() -> None:
    images, labels = some_batch(0)
    with pytest.raises(UserError, match="label 10 is none"):
        parse_records(records(images, labels + 10 - labels.max()), "data_batch_1")


def archive(path: Path, batches: list[tuple[np.ndarray, np.ndarray]]) -> RemoteFile:
    """Write an archive like the published one; what `fetch` must know about it."""
    from nashgan.runtime.files import sha256

    with tarfile.open(path, "w:gz") as target:
        for number, batch in enumerate(batches, start=1):
            content = records(*batch)
            name = f"data_batch_{number}" if number < 6 else "test_batch"
            entry = tarfile.TarInfo(f"cifar-10-batches-bin/{name}.bin")
            entry.size = len(content)
            target.addfile(entry, io.BytesIO(content))
    return RemoteFile(path.name, path.stat().st_size, sha256(path))


def test_the_archive_is_read_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = [some_batch(seed) for seed in range(6)]
    monkeypatch.setenv("NASHGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cifar10, "_ARCHIVE", archive(tmp_path / "cifar-10-binary.tar.gz", batches))
    images, _ = read_all(source("cifar10", tmp_path, mirror=["."], image_size=32))
    np.testing.assert_array_equal(images, np.concatenate([batch[0] for batch in batches]))
    assert [entry.name for entry in tmp_path.iterdir()] == ["cifar-10-binary.tar.gz"]
    monkeypatch.setattr(cifar10, "_ARCHIVE", archive(tmp_path / "cifar-10-binary.tar.gz", batches[:3]))
    with pytest.raises(UserError, match=r"not the CIFAR-10 archive .*data_batch_4"):
        source("cifar10", tmp_path, mirror=["."])
