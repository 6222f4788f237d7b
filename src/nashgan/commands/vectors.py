"""``nashgan encode`` and ``nashgan decode``: images to latent vectors, and vectors to images."""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from nashgan.commands.image_sets import read_pictures
from nashgan.models.encoder import Codec, load_codec
from nashgan.records.arrays import read_array, write_array
from nashgan.runtime.device import pick_device
from nashgan.runtime.errors import UserError, no_space_is_user_error
from nashgan.tracking.promotion import resolve_generator

FORM = "vectors must be numbers of the form (N, latent), as `nashgan encode` writes them"


def encode_images(path: Path, source: str, out: Path) -> None:
    """Write the vectors of the images at `path`, float32 (N, latent), in the order of the files' names.

    Raises UserError where the generator at `source` has no encoder, or was trained on images of another kind.
    """
    if out.suffix != ".npy":
        raise UserError(f"{out}: vectors are written as a .npy file; name one")
    codec = _codec(source)
    channels, height, width = codec.generator.space.shape
    images = read_pictures(path, None)
    if images.shape[1:] != (channels, height, width):
        found = f"{images.shape[3]} × {images.shape[2]} pixels and {images.shape[1]} channels"
        raise UserError(
            f"{path}: images of {found}; the encoder takes {width} × {height} pixels and {channels} channels"
        )
    write_array(out, codec.encode(images))
    print(f"{out}: {len(images)} vectors of {codec.latent} numbers")


def decode_vectors(path: Path, source: str, out: Path) -> None:
    """Write the image of each vector at `path` as ``<index>.png`` into the folder `out`.

    Raises UserError where the vectors do not fit the generator at `source`, or are not finite.
    """
    codec = _codec(source)
    vectors = read_vectors(path, codec.latent)
    space = codec.generator.space
    with no_space_is_user_error(out):
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
    if not (np.abs(vectors) <= np.finfo(np.float32).max).all():
        row = int(np.flatnonzero(~np.isfinite(vectors.astype(np.float32)).all(axis=1))[0])
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
