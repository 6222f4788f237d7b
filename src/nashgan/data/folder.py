"""The user's own pictures: a folder with subfolders, or a zip, of images of any mode and size.

Nothing is unpacked to disk, and no name from the folder or zip is used for writing, so a name cannot lead elsewhere.
"""

import itertools
import os
import warnings
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TypeVar

import numpy as np
from PIL import Image

from nashgan.data.params import DataParams
from nashgan.data.source import Dataset, Source, anchored, image_space
from nashgan.records.raw import Unreadable
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import sha256
from nashgan.runtime.progress import progress
from nashgan.spaces.fitting import fit_image, is_grey, upright_size
from nashgan.spaces.image import ImageSpace
from nashgan.spaces.picture_file import FORMATS, look_at, one_line

T = TypeVar("T")

_SUFFIXES = frozenset(
    f".{suffix}"
    for suffixes in (
        ("avif", "bmp", "gif", "jpg", "jpeg", "jpe", "jfif", "jp2", "j2k", "png", "apng"),
        ("pbm", "pgm", "ppm", "pnm", "tga", "tif", "tiff", "webp"),
    )
    for suffix in suffixes
)
MAX_FILE_BYTES = 2**28  # of one image file, unpacked
_WINDOW = 64  # images decoded ahead, which limits the memory


@dataclass(frozen=True)
class Tree:
    """Image files by name, relative and with slashes, in sorted order; `read` gives the bytes of one.

    `refused` are the images that must not be read, with the reason.
    """

    names: tuple[str, ...]
    read: Callable[[str], bytes]
    refused: dict[str, str] = field(default_factory=dict)


def load(data: DataParams, base: Path) -> Source:
    """The images under `data.path`. If every image lies in one of several first-level folders, these are the classes.

    With `data.channels` null there is one channel when every image is grey, else three. With 4, transparency is kept.
    Raises UserError where there are no images, and as `open_tree`.
    """
    path = anchored(data.path, base)
    tree = open_tree(path)
    if not tree.names:
        raise UserError(f"{path}: no images there ({' '.join(sorted(_SUFFIXES))}); put some there or change data.path")
    labels, classes = first_level_labels(tree.names)
    return tree_source(tree, data, labels, classes, {"files": archive_origin(path), "path": data.path})


def open_tree(path: Path) -> Tree:
    """The image files of a folder or a zip, or a single one. Hidden files and those of other kinds are left out.

    Raises UserError where there is no folder and no zip, or where a name in it leads elsewhere.
    """
    if path.is_dir():
        return _directory(path.resolve())
    if path.is_file() and _is_image(PurePosixPath(path.name)):
        return _single(path)
    if path.is_file():
        return _archive(path)
    raise UserError(f"{path}: not found; put a folder or a zip of images there, or name another path")


def archive_origin(path: Path) -> list[dict[str, str]]:
    """The sha256 of a zip. Nothing for a folder: the manifest has the digest of its images."""
    return [{"name": path.name, "sha256": sha256(path)}] if path.is_file() else []


def tree_source(
    tree: Tree,
    data: DataParams,
    labels: np.ndarray | None,
    classes: tuple[str, ...] | None,
    origin: dict[str, object],
) -> Source:
    """A source of the tree's images, fitted as `data` says. `origin` goes into the manifest."""
    channels = data.channels or (1 if _all_grey(tree) else 3)
    space = image_space(data, channels, _first_size(tree))
    return Source(len(tree.names), space.format, _stream(tree, space, data.fit == "pad"), labels, classes, origin)


def first_level_labels(names: tuple[str, ...]) -> tuple[np.ndarray | None, tuple[str, ...] | None]:
    """Labels (n,) int64 and class names from the first-level folders; (None, None) if there are not several.

    An outer folder that holds everything, as in many archives, does not count as a level.
    """
    parts = [PurePosixPath(name).parts for name in names]
    low, high = min(part[:-1] for part in parts), max(part[:-1] for part in parts)
    depth = next((i for i, pair in enumerate(zip(low, high, strict=False)) if pair[0] != pair[1]), len(low))
    if any(len(part) == depth + 1 for part in parts):
        return None, None
    classes = sorted({part[depth] for part in parts})
    index = {name: label for label, name in enumerate(classes)}
    return np.array([index[part[depth]] for part in parts], dtype=np.int64), tuple(map(_printable, classes))


def _hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def _is_image(name: PurePosixPath) -> bool:
    return name.suffix.lower() in _SUFFIXES and not any(map(_hidden, name.parts))


def _directory(root: Path) -> Tree:
    names, refused = [], {}
    for folder, folders, files in os.walk(root, onerror=_raise):
        folders[:] = [name for name in folders if not _hidden(name)]
        if links := [Path(folder, name) for name in folders if Path(folder, name).is_symlink()]:
            raise UserError(f"{_printable(str(links[0]))}: a link to a folder; put the folder itself there")
        for path in (Path(folder, name) for name in files):
            name = path.relative_to(root)
            if not _is_image(PurePosixPath(name)):
                continue
            names.append(name.as_posix())
            if not path.resolve().is_relative_to(root):
                refused[name.as_posix()] = "a link that leaves the folder"
            elif not path.is_file():  # reading a pipe would wait for ever
                refused[name.as_posix()] = "not an ordinary file"

    def read(name: str) -> bytes:
        _refuse_large((root / name).stat().st_size)
        return (root / name).read_bytes()

    return Tree(tuple(sorted(names)), read, refused)


def _single(path: Path) -> Tree:
    def read(_: str) -> bytes:
        _refuse_large(path.stat().st_size)
        return path.read_bytes()

    return Tree((path.name,), read)


def _raise(error: OSError) -> None:
    raise UserError(f"{_printable(str(error.filename))}: {error.strerror}; make it readable") from error


def _archive(path: Path) -> Tree:
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise UserError(f"{path}: not a readable zip ({error}); repack it") from error
    entries = {}
    for entry in archive.infolist():
        name = PurePosixPath(entry.filename.replace("\\", "/"))  # as some programs for Windows write
        if name.is_absolute() or ".." in name.parts:
            raise UserError(f"{path}: an entry points outside of it ({_printable(entry.filename)}); repack it")
        if not entry.is_dir() and _is_image(name):
            entries[str(name)] = entry

    def read(name: str) -> bytes:
        _refuse_large(entries[name].file_size)  # zipfile never unpacks more than an entry declares
        return archive.read(entries[name])

    return Tree(tuple(sorted(entries)), read)


def _refuse_large(size: int) -> None:
    if size > MAX_FILE_BYTES:
        raise ValueError(f"larger than {MAX_FILE_BYTES // 2**20} MiB")


def _all_grey(tree: Tree) -> bool:
    """Whether no readable image has colours. It decodes no pixels and stops at the first image with colours."""
    with progress("look for colours", len(tree.names)) as advance, warnings.catch_warnings(action="ignore"):
        for name in tree.names:
            if read_image(tree, name, is_grey) is False:
                return False
            advance(1)
    return True


def _first_size(tree: Tree) -> tuple[int, int]:
    """Width and height of the first image that can be read; a square where none can, which is an error later on."""
    sizes = (read_image(tree, name, upright_size) for name in tree.names)
    return next((size for size in sizes if not isinstance(size, Unreadable)), (1, 1))


def _stream(tree: Tree, space: ImageSpace, whole: bool) -> Iterator[np.ndarray | Unreadable]:
    """Decode on all cores, a window ahead, in the order of the names."""

    def one(name: str) -> np.ndarray | Unreadable:
        return read_image(tree, name, lambda image: fit_image(image, space, whole))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        names = iter(tree.names)
        while window := list(itertools.islice(names, _WINDOW)):
            with warnings.catch_warnings(action="ignore"):  # Pillow's warnings of odd metadata; errors still raise
                images = list(pool.map(one, window))
            yield from images


def read_image(
    tree: Tree, name: str, look: Callable[[Image.Image], T], formats: tuple[str, ...] = FORMATS
) -> T | Unreadable:
    """The result of `look` for an image of one of the `formats`, or the reason why it cannot be read."""
    if name in tree.refused:
        return Unreadable(name=_printable(name), reason=tree.refused[name])
    try:
        return look_at(tree.read(name), look, formats)
    except Exception as error:  # reading from a damaged zip can fail in many ways, too
        return Unreadable(name=_printable(name), reason=one_line(error))


def _printable(name: str) -> str:
    """The name with a question mark for each character that cannot be printed or is no UTF-8."""
    return "".join(c if c.isprintable() else "?" for c in name.encode("utf-8", "replace").decode())


DATASET = Dataset(load, needs_no_download=lambda data: True)
