"""Stage `download`: a dataset from wherever it is to data/raw, one uint8 array of one shape."""

import hashlib
from dataclasses import asdict

from nashgan.data import DATASETS
from nashgan.data.source import Source, Unreadable
from nashgan.params import DataParams, Params
from nashgan.records.arrays import appended_array, write_array, write_manifest
from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError
from nashgan.runtime.progress import progress
from nashgan.runtime.registered import load

_NAMED = 3  # unreadable files that an error message names


def run(paths: Paths, params: Params) -> None:
    """Write data/raw: ``raw.images.npy``, ``raw.labels.npy`` where there are labels, ``manifest.json``.

    Memory stays bounded by a few images. Raises UserError, with data/raw as it was, where the dataset cannot be had or
    more files than `data.max_unreadable` cannot be read.
    """
    data = params.data
    source: Source = load(DATASETS, data.name)(data, paths.root)
    unreadable: list[Unreadable] = []
    kept: list[int] = []
    digest = hashlib.sha256()
    with appended_array(
        paths.raw / "raw.images.npy", (source.channels, data.image_size, data.image_size), "|u1"
    ) as append:
        with progress(f"read {data.name}", source.count) as advance:
            for index, image in enumerate(source.images):
                if isinstance(image, Unreadable):
                    unreadable.append(image)
                else:
                    append(image[None])
                    digest.update(image.tobytes())
                    kept.append(index)
                advance(1)
        _refuse_unreadable(unreadable, source.count, data)
        (paths.raw / "manifest.json").unlink(missing_ok=True)  # never an old manifest beside new arrays
    labels = None if source.labels is None else source.labels[kept]
    if labels is None:
        (paths.raw / "raw.labels.npy").unlink(missing_ok=True)
    else:
        write_array(paths.raw / "raw.labels.npy", labels)
        digest.update(labels.astype("<i8").tobytes())
    manifest = {
        "source": {"name": data.name, **source.origin},
        "image": {"channels": source.channels, "size": data.image_size},
        "count": len(kept),
        "classes": None if source.classes is None else list(source.classes),
        "unreadable": [asdict(item) for item in unreadable],
        "digest": digest.hexdigest(),
    }
    write_manifest(paths.raw, manifest)


def _refuse_unreadable(unreadable: list[Unreadable], count: int, data: DataParams) -> None:
    named = "; ".join(f"{item.name}: {item.reason}" for item in unreadable[:_NAMED])
    if len(unreadable) > _NAMED:
        named += f"; and {len(unreadable) - _NAMED} more"
    if len(unreadable) > data.max_unreadable:
        raise UserError(
            f"{data.name}: {len(unreadable)} of {count} image files cannot be read ({named}); "
            f"mend or remove them, or raise data.max_unreadable (now {data.max_unreadable})"
        )
    if len(unreadable) == count:
        raise UserError(f"{data.name}: not one of {count} image files can be read ({named})")
