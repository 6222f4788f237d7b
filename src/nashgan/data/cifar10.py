"""CIFAR-10: 60,000 colour images of 32 x 32, ten classes (Krizhevsky 2009).

The authors publish the same images as records of bytes and as Python pickles. Downloads take the records. torchvision
keeps the pickles, so they are used too where they exist, but they are never unpickled: `pickletools.genops` lists a
pickle's opcodes without running them, and the pixels and labels are plain arguments of opcodes.
"""

import pickletools  # nosec B403
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8
from PIL import Image

from nashgan.data.fetch import RemoteFile, fetch
from nashgan.data.params import DataParams
from nashgan.data.source import Dataset, Source, anchored, file_origin, image_space
from nashgan.records.raw import OFFICIAL_TEST
from nashgan.runtime.errors import UserError
from nashgan.spaces.fitting import fit_image
from nashgan.spaces.image import ImageSpace

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_BATCHES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")
_PIXELS = 3 * 32 * 32
_LARGEST = 2**26  # bytes of a batch; the published ones have 31 million

_HOST = "https://www.cs.toronto.edu/~kriz/"
_ARCHIVE = RemoteFile(
    "cifar-10-binary.tar.gz", 170_052_171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
)

Batch = tuple[UInt8[np.ndarray, "n 3 32 32"], Int64[np.ndarray, " n"]]


def load(data: DataParams, base: Path) -> Source:
    """CIFAR-10, the 50,000 training and then the 10,000 test images.

    `data.root` may hold ``cifar-10-batches-py`` (torchvision's) or ``cifar-10-batches-bin``: taken as they are.
    """
    batches, files = _local(data, base) or _fetched(data, base)
    space = image_space(data, data.channels or 3)
    return Source(
        count=sum(len(labels) for _, labels in batches),
        format=space.format,
        examples=_fitted([images for images, _ in batches], space),
        labels=np.concatenate([labels for _, labels in batches]),
        classes=CLASSES,
        origin={"files": [file_origin(path) for path in files], OFFICIAL_TEST: len(batches[-1][1])},
    )


def _fitted(parts: list[np.ndarray], space: ImageSpace) -> Iterator[np.ndarray]:
    return (fit_image(Image.fromarray(image.transpose(1, 2, 0)), space) for part in parts for image in part)


def _local(data: DataParams, base: Path) -> tuple[list[Batch], list[Path]] | None:
    if data.root is None:
        return None
    for folder, suffix, parse in (
        ("cifar-10-batches-py", "", parse_pickled),
        ("cifar-10-batches-bin", ".bin", parse_records),
    ):
        files = [anchored(data.root, base) / folder / f"{name}{suffix}" for name in _BATCHES]
        if all(file.is_file() for file in files):
            return [parse(_content(file), file.as_posix()) for file in files], files
    return None


def _content(path: Path) -> bytes:
    if path.stat().st_size > _LARGEST:
        raise UserError(f"{path}: larger than any batch of CIFAR-10; download it again")
    return path.read_bytes()


def _fetched(data: DataParams, base: Path) -> tuple[list[Batch], list[Path]]:
    mend = "name a place in data.mirror, or put cifar-10-batches-py into data.root"
    path = fetch(_ARCHIVE, data.mirror, [_HOST], base, mend)
    try:
        with tarfile.open(path, "r:gz") as archive:  # read in place: nothing is unpacked to disk
            members = {Path(member.name).name: member for member in archive if member.isfile()}
            batches = []
            for name in _BATCHES:
                file = archive.extractfile(members[f"{name}.bin"])
                batches.append(parse_records(file.read(_LARGEST) if file else b"", name))
    except (OSError, EOFError, KeyError, tarfile.TarError, zlib.error) as error:
        raise UserError(f"{path}: not the CIFAR-10 archive ({error}); remove it and run the same command") from error
    return batches, [path]


def parse_records(content: bytes, name: str) -> Batch:
    """Records of one label byte and 3 x 32 x 32 pixel bytes. Raises UserError for a rest."""
    if not content or len(content) % (1 + _PIXELS):
        raise UserError(f"{name}: not a batch of CIFAR-10 records; download it again")
    records = np.frombuffer(content, dtype=np.uint8).reshape(-1, 1 + _PIXELS)
    return _checked(records[:, 1:], records[:, 0].astype(np.int64), name)


def parse_pickled(content: bytes, name: str) -> Batch:
    """The labels and pixels of a pickled batch, read from its opcodes; nothing in the pickle is run.

    Such a batch is a dictionary. ``labels`` is a list of small integers. ``data`` is an array, whose bytes are the only
    string that is as long as all pixels. Raises UserError where the content is different.
    """
    labels: list[int] = []
    pixels = b""
    key = None
    try:
        for _, value, _ in pickletools.genops(content):
            if isinstance(value, (str, bytes)):
                text = value.encode("latin-1") if isinstance(value, str) else value
                if len(text) >= _PIXELS:
                    pixels = text
                key = text
            elif key == b"labels" and type(value) is int:
                labels.append(value)
    except (ValueError, UnicodeError, EOFError) as error:
        raise UserError(f"{name}: not a pickled batch of CIFAR-10 ({error}); download it again") from error
    if not labels or len(pixels) != len(labels) * _PIXELS:
        raise UserError(f"{name}: not a pickled batch of CIFAR-10 ({len(labels)} labels); download it again")
    return _checked(np.frombuffer(pixels, dtype=np.uint8), np.array(labels, dtype=np.int64), name)


def _checked(pixels: np.ndarray, labels: np.ndarray, name: str) -> Batch:
    if labels.max() >= len(CLASSES):
        raise UserError(f"{name}: label {labels.max()} is none of CIFAR-10's ten; download the file again")
    return pixels.reshape(-1, 3, 32, 32), labels


DATASET = Dataset(load)
