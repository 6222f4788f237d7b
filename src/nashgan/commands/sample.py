"""``nashgan sample``: PNG files from any generator."""

from pathlib import Path

from nashgan.models.generator import load_generator
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
                generator.space.picture(image).save(out / f"{seed}-{start + offset:06d}.png")
    print(f"{count} images in {out}")
