"""What ``nashgan restore`` and ``nashgan translate`` share: pictures in, what a generator makes of them out."""

import re
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import UInt8

from nashgan.commands.sample import SUFFIXES
from nashgan.data.folder import Tree, open_tree, read_image
from nashgan.data.given_picture import as_given
from nashgan.models.generator import load_generator
from nashgan.records.given import Given
from nashgan.records.raw import Unreadable
from nashgan.runtime.device import pick_device
from nashgan.runtime.errors import UserError, unwritable_is_user_error
from nashgan.runtime.files import check_folder
from nashgan.spaces.space import Space
from nashgan.tracking.promotion import resolve_generator


def make_files(path: Path, source: str, out: Path, seed: int, restores: bool) -> None:
    """Hand the pictures of a folder or zip to the generator at `source`; write a file each to `out`, PNG or GIF.

    Raises UserError, before anything is written, where the generator does not restore, or translate, or for a picture
    that cannot be read or has another size than those that the generator learned from.
    """
    check_folder(out)
    generator = load_generator(resolve_generator(source), device=pick_device().torch)
    how = generator.config.given
    if how is None or how.paired != restores:
        does = "draws" if how is None else "restores" if how.paired else "translates"
        asked, key = ("restore", "data.given") if restores else ("translate", "data.other")
        raise UserError(f"{source}: this generator {does} and does not {asked}; train one with {key}")
    tree, space = open_tree(path), generator.space
    if not tree.names:
        raise UserError(f"{path}: no images there; name a folder or a zip of images")
    given = np.stack([_read(tree, name, space, how) for name in tree.names])
    made = generator.restore(given, seed)
    with unwritable_is_user_error(out):
        out.mkdir(parents=True, exist_ok=True)
        for index, (name, image) in enumerate(zip(tree.names, made, strict=True)):
            (out / f"{index:06d}-{_stem(name)}{SUFFIXES[space.media]}").write_bytes(space.encode(image))
    print(f"{len(made)} {space.plural} ({how.described}) in {out}")


def _read(tree: Tree, name: str, space: Space, how: Given) -> UInt8[np.ndarray, "*frames c h w"]:
    found = read_image(tree, name, lambda image: as_given(image, space, how))
    if isinstance(found, Unreadable):
        raise UserError(f"{found.name}: {found.reason}; repair, resize or remove it")
    return found


def _stem(name: str) -> str:
    """The file's name without what another system might not take."""
    return re.sub(r"[^\w-]", "_", PurePosixPath(name).stem)
