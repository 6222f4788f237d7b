"""Moving MNIST: 10,000 clips of 20 frames in which two digits of 28 pixels move in a square of 64 and bounce.

Srivastava, Mansimov, Salakhutdinov, 2015, "Unsupervised learning of video representations using LSTMs". It is the file
that the authors publish and torchvision uses. The clips have no labels. Its md5 is known, as torchvision checks it.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from nashgan.data.fetch import RemoteFile, fetch
from nashgan.data.params import DataParams
from nashgan.data.source import Dataset, Source, anchored, file_origin
from nashgan.runtime.errors import UserError
from nashgan.spaces.fitting import fit_digit
from nashgan.spaces.video import MOST_FRAMES, VideoSpace

_FOLDER = "MovingMNIST"  # under data.root, as in torchvision's layout
_HOST = "https://www.cs.toronto.edu/~nitish/unsupervised_video"
_FILE = RemoteFile(
    "mnist_test_seq.npy",
    20 * 10_000 * 64 * 64 + 4096,  # pixels, and room for the header
    "be083ec986bfe91a449d63653c411eb2",
    "md5",
)


def load(data: DataParams, base: Path) -> Source:
    """All clips with all their frames, as squares of `data.image_size` pixels a side.

    ``<data.root>/MovingMNIST/mnist_test_seq.npy`` is used as it is; else the file is fetched and checked. Raises
    UserError where it cannot be obtained, or is no array of bytes (frames, clips, rows, columns).
    """
    path = _local(data, base) or fetch(
        _FILE, data.mirror, [_HOST], base, f"name a place in data.mirror, or put the file into <data.root>/{_FOLDER}"
    )
    values = read_clips(path)
    space = VideoSpace(len(values), data.channels or 1, data.image_size)
    return Source(
        count=values.shape[1],
        format=space.format,
        examples=_fitted(values, space),
        origin={"files": [file_origin(path)]},
    )


def read_clips(path: Path) -> UInt8[np.ndarray, "frames clips rows columns"]:
    """The array in the file, memory-mapped. Raises UserError where the file has another content."""
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
        if values.dtype != np.uint8 or values.ndim != 4 or not 2 <= len(values) <= MOST_FRAMES or not values.size:
            raise ValueError(f"{values.dtype} {values.shape} in the place of bytes (frames, clips, rows, columns)")
    except (OSError, ValueError, EOFError, AttributeError) as error:  # a zip of arrays has no dtype
        raise UserError(f"{path}: not the clips of Moving MNIST ({error}); download it again") from error
    clips: UInt8[np.ndarray, "frames clips rows columns"] = values
    return clips


def _local(data: DataParams, base: Path) -> Path | None:
    path = anchored(data.root, base) / _FOLDER / _FILE.name if data.root is not None else None
    return path if path is not None and path.is_file() else None


def _fitted(values: np.ndarray, space: VideoSpace) -> Iterator[UInt8[np.ndarray, "t c h w"]]:
    for clip in range(values.shape[1]):
        yield np.stack([fit_digit(np.asarray(frame), space.of_image) for frame in values[:, clip]])


DATASET = Dataset(load)
