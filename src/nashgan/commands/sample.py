"""``nashgan sample``: files from any generator."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from nashgan.features.correction import correct
from nashgan.models.generator import LoadedGenerator, load_generator
from nashgan.records.evaluation import corrected, read_evaluation
from nashgan.records.paths import Paths
from nashgan.records.samples import CORRECTION, HOW, read_manifest
from nashgan.runtime.device import pick_device
from nashgan.runtime.errors import UserError, unwritable_is_user_error
from nashgan.runtime.files import atomic_path, check_folder
from nashgan.spaces.space import Media, Space
from nashgan.tracking.promotion import resolve_generator

SUFFIXES: dict[Media, str] = {"image/png": ".png", "image/gif": ".gif", "text/plain": ".txt", "text/csv": ".csv"}


def sample_files(
    source: str, out: Path, count: int, seed: int, label: int | None = None, truncation: float | None = None
) -> None:
    """Draw `count` examples from the generator at `source`, of class `label` if given.

    Pictures and clips become a file each, ``<seed>-<index>.png``. Text and numbers become one file, ``<seed>.txt`` or
    ``<seed>.csv``, with a line each. They are corrected as the samples of the generator's evaluation were.
    """
    generator = as_evaluated(resolve_generator(source)).truncated(truncation)
    pieces = generator.blocks(seed, count, label=label)  # refuses a wrong label before anything is written
    space = generator.space
    with unwritable_is_user_error(out):
        check_folder(out)
        out.mkdir(parents=True, exist_ok=True)
        if space.media.startswith("text/"):
            _write_lines(out / f"{seed}{SUFFIXES[space.media]}", space, pieces)
        else:
            for start, examples in pieces:
                for offset, example in enumerate(examples):
                    name = f"{seed}-{start + offset:06d}{SUFFIXES[space.media]}"
                    (out / name).write_bytes(space.encode(example))
    print(f"{count} {space.plural} in {out}")


def as_evaluated(folder: Path, device: torch.device | None = None) -> LoadedGenerator:
    """The generator in `folder`, which draws as the samples of its evaluation were drawn. None: on the best device.

    Raises UserError where these were corrected, and what corrects them is missing or belongs to another generator.
    """
    generator = load_generator(folder, device=device or pick_device().torch)
    correction, paths = folder / CORRECTION, Paths(folder.resolve().parent.parent)
    if paths.generator == folder.resolve():  # it is a workspace's, so the samples are beside it
        correction = paths.correction
        if (correction / HOW).exists() and read_manifest(paths.samples).generator != generator.sha256:
            raise UserError(f"{correction}: of another generator than {folder}; run `dvc repro generate`")
        if not paths.samples.exists() and paths.evaluation.exists() and corrected(read_evaluation(paths.evaluation)):
            raise UserError(
                f"{correction}: not found, and the evaluated samples were corrected; run `dvc pull` or "
                "`dvc repro generate`"
            )
    correct(generator, correction)
    return generator


def _write_lines(path: Path, space: Space, pieces: Iterator[tuple[int, np.ndarray]]) -> None:
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        for _, examples in pieces:
            file.writelines(space.encode(example) + b"\n" for example in examples)
