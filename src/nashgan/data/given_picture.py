"""A picture of the user's own to restore or to translate, as a generator was given them in its training."""

from dataclasses import replace

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps

from nashgan.data import DATASETS
from nashgan.data.degrading import HIDDEN
from nashgan.records.degradation import Degradation
from nashgan.records.given import Given, Translation
from nashgan.spaces.fitting import fit_image, upright_size
from nashgan.spaces.image import BYTE, ImageSpace


def as_given(image: Image.Image, space: ImageSpace, how: Given) -> UInt8[np.ndarray, "c h w"]:
    """What a generator of images of `space` is given. Raises ValueError for a picture of another size."""
    return _degraded(image, space, how) if isinstance(how, Degradation) else _of_other(image, space, how)


def _degraded(image: Image.Image, space: ImageSpace, how: Degradation) -> UInt8[np.ndarray, "c h w"]:
    """A small picture is enlarged by repeating pixels, and transparent pixels are those that were masked."""
    size, factor = upright_size(image), how.shrink or 1
    sizes = {(space.width // factor, space.height // factor): factor, (space.width, space.height): 1}
    if size not in sizes:
        known = " or ".join(f"{width} × {height}" for width, height in sizes)
        raise ValueError(f"has {size[0]} × {size[1]} pixels; this generator restores {known}")
    times = sizes[size]
    pixels = fit_image(image, replace(space, width=size[0], height=size[1], levels=BYTE))
    if "masked" in how.kinds:
        alpha = np.asarray(ImageOps.exif_transpose(image).convert("RGBA"))[:, :, 3]
        pixels[:, alpha == 0] = round(255 * HIDDEN)
    return pixels.repeat(times, axis=1).repeat(times, axis=2)


def _of_other(image: Image.Image, space: ImageSpace, how: Translation) -> UInt8[np.ndarray, "c h w"]:
    """A picture as small as the other dataset has them is enlarged as these are."""
    size, small = upright_size(image), how.small_side
    if small and size == (small, small) and (enlarged := DATASETS[how.other].load().small):
        grey = replace(space, channels=1, width=small, height=small, levels=BYTE)
        found: UInt8[np.ndarray, "c h w"] = enlarged(fit_image(image, grey)[0], space)
        return found
    if size != (space.width, space.height):
        known = f"{small} × {small} or " if small else ""
        raise ValueError(
            f"has {size[0]} × {size[1]} pixels; this generator translates {known}{space.width} × {space.height}"
        )
    return fit_image(image, space)
