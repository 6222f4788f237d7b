"""Stage `download`: a dataset from wherever it is to data/raw, one array of one format."""

import hashlib
import sys

from nashgan.data import DATASETS
from nashgan.data.params import DataParams
from nashgan.data.source import Dataset
from nashgan.params import Params
from nashgan.records import raw
from nashgan.records.examples import appended_examples, remove_manifest, write_labels, write_manifest
from nashgan.records.paths import Paths
from nashgan.records.raw import RawManifest, Unreadable
from nashgan.runtime.errors import UserError
from nashgan.runtime.progress import progress

_NAMED = 3  # unreadable files that a message names


def run(paths: Paths, params: Params) -> None:
    """Write data/raw: examples, labels where there are some, and a manifest.

    Memory stays bounded by a few examples. Raises UserError, with data/raw as it was, where the dataset cannot be had
    or more files than `data.max_unreadable` cannot be read; fewer are left out with a warning that names the first.
    """
    data = params.data
    dataset: Dataset = DATASETS[data.name].load()
    source = dataset.load(data, paths.root)
    unreadable: list[Unreadable] = []
    kept: list[int] = []
    digest = hashlib.sha256()
    with appended_examples(paths.raw, raw.NAME, source.format) as append:
        with progress(f"read {data.name}", source.count) as advance:
            for index, example in enumerate(source.examples):
                if isinstance(example, Unreadable):
                    unreadable.append(example)
                else:
                    append(example[None])
                    digest.update(example.tobytes())
                    kept.append(index)
                advance(1)
        _check_unreadable(unreadable, source.count, data)
        remove_manifest(paths.raw)
    labels = None if source.labels is None else source.labels[kept]
    write_labels(paths.raw, raw.NAME, labels)
    if labels is not None:
        digest.update(labels.astype("<i8").tobytes())
    manifest = RawManifest(
        source={"name": data.name, **source.origin},
        examples=source.format,
        count=len(kept),
        classes=None if source.classes is None else list(source.classes),
        unreadable=unreadable,
        digest=digest.hexdigest(),
    )
    write_manifest(paths.raw, manifest)


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
