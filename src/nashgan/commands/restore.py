"""``nashgan restore``: what a generator makes of pictures that were degraded."""

import re
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps

from nashgan.data.degradation import Degradation
from nashgan.data.degrading import HIDDEN
from nashgan.data.folder import Tree, open_tree, read_image
from nashgan.models.generator import load_generator
from nashgan.records.raw import Unreadable
from nashgan.runtime.device import pick_device
from nashgan.runtime.errors import UserError, no_space_is_user_error
from nashgan.spaces.fitting import fit_image, upright_size
from nashgan.spaces.image import ImageSpace, as_images
from nashgan.tracking.promotion import resolve_generator


def restore_files(path: Path, source: str, out: Path, seed: int) -> None:
    """Restore the pictures of a folder or zip with the generator at `source`; a PNG file each in `out`.

    Raises UserError, before anything is written, where the generator restores nothing, or for a picture that cannot be
    read or has another size than those that the generator learned from.
    """
    generator = load_generator(resolve_generator(source), device=pick_device().torch)
    if (how := generator.config.given) is None:
        raise UserError(f"{source}: this generator draws and does not restore; train one with data.given")
    tree, space = open_tree(path), as_images(generator.space)
    if not tree.names:
        raise UserError(f"{path}: no images there; name a folder or a zip of images")
    given = np.stack([_read(tree, name, space, how) for name in tree.names])
    restored = generator.restore(given, seed)
    with no_space_is_user_error(out):
        out.mkdir(parents=True, exist_ok=True)
        for index, (name, image) in enumerate(zip(tree.names, restored, strict=True)):
            (out / f"{index:06d}-{_stem(name)}.png").write_bytes(space.encode(image))
    print(f"{len(restored)} images ({how.described}) in {out}")


def _read(tree: Tree, name: str, space: ImageSpace, how: Degradation) -> UInt8[np.ndarray, "c h w"]:
    found = read_image(tree, name, lambda image: as_given(image, space, how))
    if isinstance(found, Unreadable):
        raise UserError(f"{found.name}: {found.reason}")
    return found


def as_given(image: Image.Image, space: ImageSpace, how: Degradation) -> UInt8[np.ndarray, "c h w"]:
    """A degraded picture as the generator was given them: a small one enlarged, transparent pixels masked.

    Raises ValueError for a picture of another size.
    """
    size, factor = upright_size(image), how.shrink or 1
    sizes = {(space.width // factor, space.height // factor): factor, (space.width, space.height): 1}
    if size not in sizes:
        known = " or ".join(f"{width} × {height}" for width, height in sizes)
        raise ValueError(f"{size[0]} × {size[1]} pixels; this generator restores {known}")
    times = sizes[size]
    pixels = fit_image(image, replace(space, width=size[0], height=size[1]))
    pixels = pixels.repeat(times, axis=1).repeat(times, axis=2)
    if "masked" in how.kinds:
        alpha = np.asarray(ImageOps.exif_transpose(image).convert("RGBA"))[:, :, 3]
        pixels[:, (alpha == 0).repeat(times, axis=0).repeat(times, axis=1)] = round(255 * HIDDEN)
    return pixels


def _stem(name: str) -> str:
    """The file's name without what another system might not take."""
    return re.sub(r"[^\w-]", "_", PurePosixPath(name).stem)
