"""A picture or clip of the user's own to restore or to translate, as a generator was given them in its training."""

from dataclasses import replace

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps

from nashgan.data import DATASETS
from nashgan.data.degrading import HIDDEN
from nashgan.records.degradation import Degradation
from nashgan.records.given import Given, Translation
from nashgan.spaces.fitting import fit_image, upright_size
from nashgan.spaces.image import BYTE, ImageSpace, as_images
from nashgan.spaces.space import Space
from nashgan.spaces.video import VideoSpace


def as_given(image: Image.Image, space: Space, how: Given) -> UInt8[np.ndarray, "*frames c h w"]:
    """What a generator of images or clips of `space` is given.

    Raises ValueError for a picture of another size, and for too few frames; further frames are left out.
    """
    if isinstance(how, Translation):
        return _of_other(image, as_images(space), how)
    if not isinstance(space, VideoSpace):
        return _degraded(image, as_images(space), how)
    if (count := getattr(image, "n_frames", 1)) < space.frames:
        raise ValueError(f"has {count} of the {space.frames} frames of the clips that this generator restores")
    frames = []
    for index in range(space.frames):
        image.seek(index)
        frames.append(_degraded(image, space.of_image, how))
    return np.stack(frames)


def _degraded(image: Image.Image, space: ImageSpace, how: Degradation) -> UInt8[np.ndarray, "c h w"]:
    """A small picture is enlarged by repeating pixels. Transparent pixels count as masked."""
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
    """A picture of the small size that the other dataset has is enlarged as that dataset does it."""
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
