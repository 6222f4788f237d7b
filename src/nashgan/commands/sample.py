"""``nashgan sample``: PNG files from any generator."""

from pathlib import Path

import numpy as np
from PIL import Image

from nashgan.models.bundle import load_generator
from nashgan.runtime.device import pick_device
from nashgan.runtime.errors import no_space_is_user_error
from nashgan.tracking.promotion import resolve_generator


def sample_png(source: str, out: Path, count: int, seed: int, label: int | None = None) -> None:
    """Write ``<seed>-<index>.png`` for `count` images of the generator at `source`, of class `label` if given."""
    generator = load_generator(resolve_generator(source), device=pick_device().torch)
    pieces = generator.blocks(seed, count, label=label)  # refuses a wrong label before anything is written
    with no_space_is_user_error(out):
        out.mkdir(parents=True, exist_ok=True)
        for start, images in pieces:
            for offset, image in enumerate(images):
                to_pil(image).save(out / f"{seed}-{start + offset:06d}.png")
    print(f"{count} images in {out}")


def to_pil(image: np.ndarray) -> Image.Image:
    """A uint8 (C, H, W) image as Pillow's: grey for one channel, RGB for three."""
    return Image.fromarray(image[0] if len(image) == 1 else image.transpose(1, 2, 0))
