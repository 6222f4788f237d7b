"""``nashgan restore``: what a generator makes of pictures that were degraded."""

import re
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import UInt8

from nashgan.data.folder import Tree, open_tree, read_image
from nashgan.data.given_picture import as_given
from nashgan.models.generator import load_generator
from nashgan.records.degradation import Degradation
from nashgan.records.raw import Unreadable
from nashgan.runtime.device import pick_device
from nashgan.runtime.errors import UserError, no_space_is_user_error
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
        raise UserError(f"{found.name}: {found.reason}; repair, resize or remove it")
    return found


def _stem(name: str) -> str:
    """The file's name without what another system might not take."""
    return re.sub(r"[^\w-]", "_", PurePosixPath(name).stem)
