"""How much of a generator's output lies outside the range of an image, before it is rounded to 0 … 255."""

import numpy as np
from jaxtyping import Float

from nashgan.metrics.interval import Estimate, normal_interval, standard_error
from nashgan.runtime.errors import UserError


def out_of_range_share(images: Float[np.ndarray, "n ..."], tolerance: float = 1 / 255) -> Estimate:
    """The share of values outside -1 … 1 by more than half a grey level (`tolerance`); 0 … 1, lower is better.

    The value is a mean over images, and so is its interval. Raises UserError for fewer than two images or NaN values.
    """
    if len(images) < 2 or not images.size:
        raise UserError(f"images: values out of range are looked for in at least two, got {len(images)}")
    if np.isnan(images).any():
        raise UserError("images: the generator gave NaN; run `dvc repro train` with other parameters")
    shares = (np.abs(images) > 1 + tolerance).mean(axis=tuple(range(1, images.ndim)))
    value = float(shares.mean())
    return Estimate(value, normal_interval(value, standard_error(shares), 0, 1))
