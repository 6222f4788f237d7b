"""MNIST and Fashion-MNIST: 70,000 grey images of 28 x 28, ten classes, in IDX files.

LeCun, Cortes, Burges: the MNIST database of handwritten digits. Xiao, Rasul, Vollgraf 2017: Fashion-MNIST.
"""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from nashgan.data.fetch import RemoteFile, fetch
from nashgan.data.params import DataParams
from nashgan.data.source import Dataset, Source, anchored, file_origin, image_space
from nashgan.records.raw import OFFICIAL_TEST
from nashgan.runtime.errors import UserError
from nashgan.spaces.fitting import fit_digit
from nashgan.spaces.image import ImageSpace

_LARGEST = 2**30  # bytes that an IDX file may declare; Fashion-MNIST's largest holds 47 million
_PARTS = ("train", "t10k")


def _published(*sizes_and_sha256: tuple[int, str]) -> tuple[RemoteFile, ...]:
    names = [f"{part}-{kind}-ubyte.gz" for part in _PARTS for kind in ("images-idx3", "labels-idx1")]
    return tuple(RemoteFile(name, *known) for name, known in zip(names, sizes_and_sha256, strict=True))


@dataclass(frozen=True)
class _Set:
    """One dataset in MNIST's format: its folder in torchvision's layout, its host, its classes and files."""

    folder: str
    host: str
    classes: tuple[str, ...]
    files: tuple[RemoteFile, ...]


_MNIST = _Set(
    folder="MNIST",
    host="https://ossci-datasets.s3.amazonaws.com/mnist",
    classes=tuple("0123456789"),
    files=_published(
        (9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
        (28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
        (1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
        (4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
    ),
)
_FASHION = _Set(
    folder="FashionMNIST",
    host="https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
    classes=(
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
    files=_published(
        (26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
        (29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
        (4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
        (5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
    ),
)


def load_mnist(data: DataParams, base: Path) -> Source:
    """MNIST, the 60,000 training and then the 10,000 test digits."""
    return _load(_MNIST, data, base)


def load_fashion_mnist(data: DataParams, base: Path) -> Source:
    """Fashion-MNIST, the 60,000 training and then the 10,000 test images."""
    return _load(_FASHION, data, base)


def _load(dataset: _Set, data: DataParams, base: Path) -> Source:
    """Files in ``<data.root>/<folder>/raw`` are used as they are, unpacked or not; others are fetched and checked."""
    paths = {f.name: _local(dataset, f, data, base) or _fetched(dataset, f, data, base) for f in dataset.files}
    images, labels = [], []
    for part in _PARTS:
        images_path, labels_path = paths[f"{part}-images-idx3-ubyte.gz"], paths[f"{part}-labels-idx1-ubyte.gz"]
        images.append(read_idx(images_path, dimensions=3))
        labels.append(read_idx(labels_path, dimensions=1))
        if len(images[-1]) != len(labels[-1]):
            raise UserError(
                f"{labels_path}: {len(labels[-1])} labels for {len(images[-1])} images; download both files again"
            )
        if labels[-1].max(initial=0) >= len(dataset.classes):
            raise UserError(f"{labels_path}: label {labels[-1].max()} is none of {len(dataset.classes)} classes")
    space = image_space(data, data.channels or 1)
    return Source(
        count=sum(map(len, images)),
        format=space.format,
        examples=_fitted(images, space),
        labels=np.concatenate(labels).astype(np.int64),
        classes=dataset.classes,
        origin={"files": [file_origin(path) for path in paths.values()], OFFICIAL_TEST: len(images[-1])},
    )


def _fitted(parts: list[np.ndarray], space: ImageSpace) -> Iterator[np.ndarray]:
    return (fit_digit(image, space) for part in parts for image in part)


def _local(dataset: _Set, file: RemoteFile, data: DataParams, base: Path) -> Path | None:
    if data.root is None:
        return None
    folder = anchored(data.root, base) / dataset.folder / "raw"
    candidates = (folder / file.name.removesuffix(".gz"), folder / file.name)
    return next((path for path in candidates if path.is_file()), None)


def _fetched(dataset: _Set, file: RemoteFile, data: DataParams, base: Path) -> Path:
    mend = f"name a place in data.mirror, or put the file into <data.root>/{dataset.folder}/raw"
    return fetch(file, data.mirror, [dataset.host], base, mend)


def read_idx(path: Path, dimensions: int) -> UInt8[np.ndarray, "..."]:
    """Read a file of unsigned bytes in IDX format, gzip-compressed where its name says so.

    Raises UserError where the file has another format or number of dimensions, or not the length that its header says.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            header = np.frombuffer(file.read(4 + 4 * dimensions), dtype=">u4").tolist()
            if len(header) != 1 + dimensions or header[0] != 0x0800 + dimensions:
                raise ValueError("no IDX header of unsigned bytes in this many dimensions")
            expected = int(np.prod([float(length) for length in header[1:]]))
            if expected > _LARGEST:
                raise ValueError(f"declares {expected} bytes, at most {_LARGEST} are accepted")
            content = file.read(expected + 1)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise UserError(f"{path}: not a readable IDX file ({error}); download it again") from error
    if len(content) != expected:
        raise UserError(f"{path}: not a readable IDX file (shorter or longer than it says); download it again")
    return np.frombuffer(content, dtype=np.uint8).reshape(header[1:])


MNIST = Dataset(load_mnist)
FASHION_MNIST = Dataset(load_fashion_mnist)
