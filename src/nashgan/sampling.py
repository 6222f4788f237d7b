"""``nashgan sample``: PNG files from any generator."""

from pathlib import Path

import numpy as np
from PIL import Image

from nashgan.errors import no_space_is_user_error
from nashgan.models.bundle import load_generator
from nashgan.tracking.promotion import resolve_generator
from nashgan.training.device import pick_device


def sample_png(source: str, out: Path, count: int, seed: int) -> None:
    """Write ``<seed>-<index>.png`` for `count` images of the generator at `source`."""
    generator = load_generator(resolve_generator(source), device=pick_device().torch)
    out.mkdir(parents=True, exist_ok=True)
    with no_space_is_user_error(out):
        for start, images in generator.blocks(seed, count):
            for offset, image in enumerate(images):
                to_pil(image).save(out / f"{seed}-{start + offset:06d}.png")
    print(f"{count} images in {out}")


def to_pil(image: np.ndarray) -> Image.Image:
    """A uint8 (C, H, W) image as Pillow's: grey for one channel, RGB for three."""
    return Image.fromarray(image[0] if len(image) == 1 else image.transpose(1, 2, 0))
