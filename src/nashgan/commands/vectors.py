"""``nashgan encode`` and ``nashgan decode``: images to latent vectors, and vectors to images."""

from pathlib import Path
from typing import Literal, cast

import numpy as np
from jaxtyping import Float, UInt8

from nashgan.commands.image_sets import CHANNELS, read_pictures
from nashgan.data.folder import Tree, open_tree, read_image, tree_source
from nashgan.data.params import DataParams
from nashgan.models.encoder import Codec, load_codec
from nashgan.records.arrays import read_array, write_array
from nashgan.records.raw import Unreadable
from nashgan.runtime.device import pick_device
from nashgan.runtime.errors import UserError, unwritable_is_user_error
from nashgan.runtime.files import check_file, check_folder
from nashgan.spaces.fitting import is_grey, upright_size
from nashgan.spaces.image import BYTE, ImageSpace, as_images
from nashgan.spaces.space import Space
from nashgan.tracking.promotion import resolve_generator

FORM = "vectors must be numbers of the form (N, latent), as `nashgan encode` writes them"


def encode_images(path: Path, source: str, out: Path) -> None:
    """Write the vectors of the images at `path`, float32 (N, latent), in the order of the files' names.

    Raises UserError where the generator at `source` has no encoder, or was trained on images of another kind.
    """
    if out.suffix != ".npy":
        raise UserError(f"{out}: vectors are written as a .npy file; name one")
    check_file(out)
    codec = _codec(source)
    images = fitting_images(path, codec.generator.space)
    write_array(out, codec.encode(images))
    print(f"{out}: {len(images)} vectors of {codec.latent} numbers")


def fitting_images(path: Path, space: Space) -> UInt8[np.ndarray, "n c h w"]:
    """The images at `path`, as they are: nothing is resized, and colours are not made grey.

    Raises UserError where one has another size or other channels than those of `space`.
    """
    channels, height, width = as_images(space).shape
    wanted = f"the encoder takes {width} × {height} pixels, {CHANNELS.get(channels, f'{channels} channels')}"
    if path.suffix == ".npy":
        images = read_pictures(path, None)
        if images.shape[1:] != space.shape:
            raise UserError(f"{path}: images of the form {images.shape[1:]} (channels, height, width); {wanted}")
        return images
    tree = open_tree(path)
    if not tree.names:
        raise UserError(f"{path}: no images there; name an image, a folder or zip of images, or a .npy array")
    for name in tree.names:
        size, grey = read_image(tree, name, upright_size), read_image(tree, name, is_grey)
        if isinstance(size, Unreadable) or isinstance(grey, Unreadable):
            raise UserError(f"{path}: {name} is not readable as an image; repair or remove it")
        if size != (width, height):
            raise UserError(f"{path}: {name} has {size[0]} × {size[1]} pixels; {wanted}")
        if channels == 1 and not grey:
            raise UserError(f"{path}: {name} has colours; {wanted}")
    return _as_they_are(path, tree, as_images(space))


def _as_they_are(path: Path, tree: Tree, space: ImageSpace) -> UInt8[np.ndarray, "n c h w"]:
    channels = cast(Literal[1, 3, 4], space.channels)
    levels = None if space.levels == BYTE else space.levels
    settings = DataParams.of_pictures(path, min(space.height, space.width), "keep", channels, levels)
    images = []
    for image in tree_source(tree, settings, None, None, {}).examples:
        if isinstance(image, Unreadable):  # its size and colours stand at the beginning, but its end is missing
            raise UserError(f"{path}: {image.name} is not readable ({image.reason}); repair or remove it")
        images.append(image)
    return np.stack(images)


def decode_vectors(path: Path, source: str, out: Path) -> None:
    """Write the image of each vector at `path` as ``<index>.png`` into the folder `out`.

    Raises UserError where the vectors do not fit the generator at `source`, or are not finite.
    """
    codec = _codec(source)
    vectors = read_vectors(path, codec.latent)
    space = codec.generator.space
    with unwritable_is_user_error(out):
        check_folder(out)
        out.mkdir(parents=True, exist_ok=True)
        for index, image in enumerate(codec.decode(vectors)):
            (out / f"{index:06d}.png").write_bytes(space.encode(image))
    print(f"{len(vectors)} {space.plural} in {out}")


def read_vectors(path: Path, latent: int) -> Float[np.ndarray, "n latent"]:
    """Finite vectors of `latent` numbers from a .npy file. Raises UserError for anything else."""
    found = read_array(path, FORM)
    if found.ndim != 2 or found.dtype.kind not in "fiu":
        raise UserError(f"{path}: {FORM}; is {found.dtype} {found.shape}")
    if found.shape[1] != latent:
        raise UserError(f"{path}: vectors of {found.shape[1]} numbers; this generator takes {latent}")
    if not len(found):
        raise UserError(f"{path}: no vectors there; {FORM}")
    vectors = np.array(found, dtype=np.float64)
    fits = (np.abs(vectors) <= np.finfo(np.float32).max).all(axis=1)
    if not fits.all():
        row = int(np.flatnonzero(~fits)[0])
        raise UserError(f"{path}: vector {row} is not finite; every number must be")
    return vectors.astype(np.float32)


def _codec(source: str) -> Codec:
    folder = resolve_generator(source)
    codec = load_codec(folder, pick_device().torch)
    if codec is None:
        raise UserError(
            f"{folder}: this generator has no encoder; train one with model.encoder: inverse in params.yaml, or a vae "
            "with model.conditional: false"
        )
    return codec
