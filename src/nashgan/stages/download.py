"""Stage `download`: a dataset from wherever it is to data/raw, one array of one format.

A second dataset, whose images are translated, is written to data/raw/other in the same way.
"""

import hashlib
import shutil
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from nashgan.data import DATASETS
from nashgan.data.params import DataParams
from nashgan.data.source import Dataset, Source
from nashgan.params import Params
from nashgan.records import raw
from nashgan.records.examples import appended_examples, remove_manifest, write_labels, write_manifest
from nashgan.records.paths import Paths
from nashgan.records.raw import RawManifest, Unreadable
from nashgan.runtime.errors import UserError
from nashgan.runtime.progress import progress
from nashgan.stages.data_checks import check_files, check_format

_NAMED = 3  # unreadable files that a message names


def run(paths: Paths, params: Params) -> None:
    """Write data/raw: examples, labels where there are some, and a manifest; and data/raw/other with ``data.other``.

    Memory stays bounded by a few examples. Raises UserError, and leaves data/raw as it was, where a dataset cannot be
    obtained or more files than `data.max_unreadable` cannot be read; fewer are left out with a warning that names the
    first.
    Also raises it for two datasets whose images have not the same shape, and for examples that the other sections of
    params.yaml cannot use.
    """
    data = params.data
    check_files(params, data.name, paths.home)
    sources = {paths.raw: (data, _load(data, paths.root))}
    if data.other:
        of_other = data.model_copy(update={"name": data.other})
        sources[paths.other_raw] = of_other, _load(of_other, paths.root)
        _check_alike(data, sources[paths.raw][1], sources[paths.other_raw][1])
    source = sources[paths.raw][1]
    check_format(params, data.name, source.format, source.classes)
    with ExitStack() as arrays:  # they take their places when all of them have been read
        found = {
            folder: _read(arrays.enter_context(appended_examples(folder, raw.NAME, source.format)), settings, source)
            for folder, (settings, source) in sources.items()
        }
        for folder in sources:
            remove_manifest(folder)
    for folder, (settings, source) in sources.items():
        _write_rest(folder, settings, source, found[folder])
    if not data.other:
        shutil.rmtree(paths.other_raw, ignore_errors=True)  # of an earlier download by hand


def _load(data: DataParams, base: Path) -> Source:
    dataset: Dataset = DATASETS[data.name].load()
    return dataset.load(data, base)


def _check_alike(data: DataParams, source: Source, other: Source) -> None:
    """Refuse to translate between images of different shapes."""
    if source.format == other.format:
        return
    shapes = [" × ".join(map(str, one.format.shape)) for one in (source, other)]
    raise UserError(
        f"params.yaml: data.other: images of {data.other} have {shapes[1]} numbers (channels × height × width), those "
        f"of {data.name} {shapes[0]}; set data.channels, and data.fit: crop"
    )


@dataclass
class Found:
    """What was read from a source; `digest` is that of the readable examples."""

    unreadable: list[Unreadable] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)  # indices, in the source, of the readable examples
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)


def _read(append: Callable[[np.ndarray], object], data: DataParams, source: Source) -> Found:
    found = Found()
    with progress(f"read {data.name}", source.count) as advance:
        for index, example in enumerate(source.examples):
            if isinstance(example, Unreadable):
                found.unreadable.append(example)
            else:
                append(example[None])
                found.digest.update(example.tobytes())
                found.kept.append(index)
            advance(1)
    _check_unreadable(found.unreadable, source.count, data)
    return found


def _write_rest(folder: Path, data: DataParams, source: Source, found: Found) -> None:
    """Write labels and manifest."""
    labels = None if source.labels is None else source.labels[found.kept]
    write_labels(folder, raw.NAME, labels)
    if labels is not None:
        found.digest.update(labels.astype("<i8").tobytes())
    manifest = RawManifest(
        source={"name": data.name, **source.origin},
        examples=source.format,
        count=len(found.kept),
        classes=None if source.classes is None else list(source.classes),
        unreadable=found.unreadable,
        digest=found.digest.hexdigest(),
    )
    write_manifest(folder, manifest)


def _check_unreadable(unreadable: list[Unreadable], count: int, data: DataParams) -> None:
    """Refuse more unreadable files than are tolerated, and warn of those that are."""
    named = "; ".join(f"{item.name}: {item.reason}" for item in unreadable[:_NAMED])
    if len(unreadable) > _NAMED:
        named += f"; and {len(unreadable) - _NAMED} more"
    if len(unreadable) > data.max_unreadable:
        raise UserError(
            f"{data.name}: {len(unreadable)} of {count} image files cannot be read ({named}); "
            f"repair or remove them, or raise data.max_unreadable (now {data.max_unreadable})"
        )
    if len(unreadable) == count:
        raise UserError(f"{data.name}: not one of {count} image files can be read ({named})")
    if unreadable:
        left_out = f"{data.name}: {len(unreadable)} of {count} image files cannot be read and are left out ({named})"
        print(f"warning: download: {left_out}", file=sys.stderr)
