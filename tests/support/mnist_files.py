"""Files in MNIST's format, in torchvision's layout, with ten made-up digits."""

import gzip
import struct
from pathlib import Path

import numpy as np


def idx(values: np.ndarray) -> bytes:
    return struct.pack(f">I{values.ndim}I", 0x0800 + values.ndim, *values.shape) + values.astype(np.uint8).tobytes()


def write_layout(root: Path, folder: str, packed: bool) -> np.ndarray:
    """Six training and four test digits in torchvision's layout; returns all ten."""
    raw = root / folder / "raw"
    raw.mkdir(parents=True)
    images = np.random.default_rng(0).integers(0, 256, (10, 28, 28), dtype=np.uint8)
    for part, chosen in (("train", slice(0, 6)), ("t10k", slice(6, 10))):
        for name, values in (("images-idx3", images[chosen]), ("labels-idx1", np.arange(10)[chosen])):
            path = raw / f"{part}-{name}-ubyte"
            if packed:
                path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(idx(values)))
            else:
                path.write_bytes(idx(values))
    return images
