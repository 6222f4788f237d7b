"""Stage `split`: data/raw to train, validation and test in data/splits."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nashgan.data.splitting import SPLITS, assign_splits, group_equal, seeded_digests
from nashgan.params import Params
from nashgan.records.arrays import Images, appended_array, read_images, read_manifest, write_array, write_manifest
from nashgan.records.paths import Paths
from nashgan.runtime.progress import Advance, progress

_CHUNK_BYTES = 16 * 2**20  # of images in memory at once
_MEND = "run `dvc repro download`"


def run(paths: Paths, params: Params) -> None:
    """Write data/splits: ``<split>.images.npy``, ``<split>.labels.npy`` where there are labels, ``manifest.json``.

    Images come in a seeded random order, so that the first n of a split are a fair sample of it. A split whose fraction
    is 0 is not written. Memory is bounded by a chunk of images and a few dozen bytes an image. Raises UserError, with
    data/splits as it was, where a split of a positive fraction would be empty.
    """
    manifest, raw = read_manifest(paths.raw, _MEND), read_images(paths.raw, "raw", _MEND)
    described = {key: manifest[key] for key in ("source", "image", "classes")}
    unreadable, split = len(manifest["unreadable"]), params.split
    fractions = (1 - split.validation - split.test, split.validation, split.test)
    with progress("split", 2 * len(raw)) as advance:
        groups = group_equal(_digests(raw.images, split.seed, advance))
        assignment = assign_splits(groups, raw.labels, fractions)
        order = np.argsort(groups, kind="stable")
        (paths.splits / "manifest.json").unlink(missing_ok=True)  # never an old manifest beside new arrays
        splits = {}
        for index, name in enumerate(SPLITS):
            members = order[assignment[order] == index]
            if len(members):
                splits[name] = _write(paths.splits, name, raw, members, described["classes"], advance)
            else:
                _remove(paths.splits, name)
    summary = {
        **described,
        "splits": splits,
        "duplicates": len(raw) - int(groups.max()) - 1,
        "unreadable": unreadable,
        "digest": hashlib.sha256("".join(part["sha256"] for part in splits.values()).encode()).hexdigest(),
    }
    write_manifest(paths.splits, summary)


def _chunks(count: int, images: np.ndarray) -> Iterator[slice]:
    step = max(1, _CHUNK_BYTES // images[0].nbytes)
    return (slice(start, start + step) for start in range(0, count, step))


def _digests(images: np.ndarray, seed: int, advance: Advance) -> np.ndarray:
    parts = []
    for chunk in _chunks(len(images), images):
        parts.append(seeded_digests(images[chunk], seed))
        advance(len(parts[-1]))
    return np.concatenate(parts)


def _write(
    folder: Path, name: str, raw: Images, members: np.ndarray, classes: list[str] | None, advance: Advance
) -> dict[str, Any]:
    """Write one split in the order of `members`, and describe it."""
    digest = hashlib.sha256()
    with appended_array(folder / f"{name}.images.npy", raw.images.shape[1:], "|u1") as append:
        for chunk in _chunks(len(members), raw.images):
            images = raw.images[members[chunk]]
            append(images)
            digest.update(images.tobytes())
            advance(len(images))
    histogram = None
    if raw.labels is None:
        (folder / f"{name}.labels.npy").unlink(missing_ok=True)
    else:
        labels = raw.labels[members]
        write_array(folder / f"{name}.labels.npy", labels)
        digest.update(labels.astype("<i8").tobytes())
        histogram = np.bincount(labels, minlength=len(classes or ())).tolist()
    return {"count": len(members), "histogram": histogram, "sha256": digest.hexdigest()}


def _remove(folder: Path, name: str) -> None:
    for kind in ("images", "labels"):
        (folder / f"{name}.{kind}.npy").unlink(missing_ok=True)
