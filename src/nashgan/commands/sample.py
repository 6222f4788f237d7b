"""``nashgan sample``: files from any generator."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from nashgan.models.generator import load_generator
from nashgan.runtime.device import pick_device
from nashgan.runtime.errors import no_space_is_user_error
from nashgan.runtime.files import atomic_path
from nashgan.spaces.space import Media, Space
from nashgan.tracking.promotion import resolve_generator

SUFFIXES: dict[Media, str] = {"image/png": ".png", "image/gif": ".gif", "text/plain": ".txt", "text/csv": ".csv"}


def sample_files(
    source: str, out: Path, count: int, seed: int, label: int | None = None, truncation: float | None = None
) -> None:
    """Draw `count` examples from the generator at `source`, of class `label` if given.

    Pictures and clips become a file each, ``<seed>-<index>.png``. Text and numbers become one file, ``<seed>.txt`` or
    ``<seed>.csv``, with a line each.
    """
    generator = load_generator(resolve_generator(source), device=pick_device().torch).truncated(truncation)
    pieces = generator.blocks(seed, count, label=label)  # refuses a wrong label before anything is written
    space = generator.space
    with no_space_is_user_error(out):
        out.mkdir(parents=True, exist_ok=True)
        if space.media.startswith("text/"):
            _write_lines(out / f"{seed}{SUFFIXES[space.media]}", space, pieces)
        else:
            for start, examples in pieces:
                for offset, example in enumerate(examples):
                    name = f"{seed}-{start + offset:06d}{SUFFIXES[space.media]}"
                    (out / name).write_bytes(space.encode(example))
    print(f"{count} {space.plural} in {out}")


def _write_lines(path: Path, space: Space, pieces: Iterator[tuple[int, np.ndarray]]) -> None:
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        for _, examples in pieces:
            file.writelines(space.encode(example) + b"\n" for example in examples)
