"""A degraded picture of the user's own, as a generator was given them in its training."""

from dataclasses import replace

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps

from nashgan.data.degrading import HIDDEN
from nashgan.records.degradation import Degradation
from nashgan.spaces.fitting import fit_image, upright_size
from nashgan.spaces.image import ImageSpace


def as_given(image: Image.Image, space: ImageSpace, how: Degradation) -> UInt8[np.ndarray, "c h w"]:
    """A small picture is enlarged by repeating pixels, and transparent pixels are those that were masked.

    Raises ValueError for a picture of another size.
    """
    size, factor = upright_size(image), how.shrink or 1
    sizes = {(space.width // factor, space.height // factor): factor, (space.width, space.height): 1}
    if size not in sizes:
        known = " or ".join(f"{width} × {height}" for width, height in sizes)
        raise ValueError(f"has {size[0]} × {size[1]} pixels; this generator restores {known}")
    times = sizes[size]
    pixels = fit_image(image, replace(space, width=size[0], height=size[1]))
    if "masked" in how.kinds:
        alpha = np.asarray(ImageOps.exif_transpose(image).convert("RGBA"))[:, :, 3]
        pixels[:, alpha == 0] = round(255 * HIDDEN)
    return pixels.repeat(times, axis=1).repeat(times, axis=2)
