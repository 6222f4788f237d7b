"""CelebA: 202,599 aligned faces of 178 x 218, cropped to their centre square (Liu et al. 2015)."""

from pathlib import Path

from nashgan.data.fetch import RemoteFile, fetch
from nashgan.data.folder import archive_origin, open_tree, tree_source
from nashgan.data.params import DataParams
from nashgan.data.source import Dataset, Source, anchored
from nashgan.runtime.errors import UserError

_FACES = "img_align_celeba"
# torchvision fetches this file from Google Drive, which often refuses scripts. This is an https copy, same sha256.
_HOST = "https://s3.amazonaws.com/pytorch-tutorial-assets/"
_ARCHIVE = RemoteFile(
    "img_align_celeba.zip", 1_443_490_838, "46fb89443c578308acf364d7d379fe1b9efb793042c0af734b6112e4fd3a8c74"
)


def load(data: DataParams, base: Path) -> Source:
    """The aligned faces, unlabelled; colour unless `data.channels` says otherwise.

    ``img_align_celeba`` or ``img_align_celeba.zip`` is looked for in ``<data.root>/celeba``, as torchvision lays it
    out, in `data.root` itself, in `data.path` and as `data.path`; else it is fetched. Raises UserError where it cannot
    be obtained, or holds no images.
    """
    mend = f"name a place in data.mirror, or put {_FACES}.zip into <data.root>/celeba"
    path = _local(data, base) or fetch(_ARCHIVE, data.mirror, [_HOST], base, mend)
    tree = open_tree(path)
    if not tree.names:
        raise UserError(f"{path}: holds no faces; remove it, or unpack {_FACES}.zip there")
    colour = data.model_copy(update={"channels": data.channels or 3})
    return tree_source(tree, colour, None, None, {"files": archive_origin(path)})


def _local(data: DataParams, base: Path) -> Path | None:
    folders = [] if data.root is None else [anchored(data.root, base) / "celeba", anchored(data.root, base)]
    given = anchored(data.path, base)
    candidates = [folder / name for folder in (*folders, given) for name in (_FACES, f"{_FACES}.zip")]
    candidates += [given] if given.stem == _FACES else []
    return next((path for path in candidates if path.exists()), None)


DATASET = Dataset(load)
