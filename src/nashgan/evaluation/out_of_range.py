"""How much of a generator's output lies outside of what an image can hold, before it is rounded to 0 … 255."""

import numpy as np
from jaxtyping import Float

from nashgan.errors import UserError


def out_of_range_share(images: Float[np.ndarray, "n c h w"], tolerance: float = 1 / 255) -> float:
    """The share of values outside -1 … 1 by more than half a grey level (`tolerance`); 0 … 1, lower is better.

    Raises UserError where there is no value or one is NaN.
    """
    if not images.size:
        raise UserError("images: none to look for values out of range in")
    if np.isnan(images).any():
        raise UserError("images: the generator gave NaN; run `dvc repro train` with other parameters")
    return float((np.abs(images) > 1 + tolerance).mean())
