"""The user's own clips: a folder, or a zip, of animated GIFs and of subfolders with a PNG file for each frame."""

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from nashgan.data.folder import Tree, archive_origin, first_level_labels, open_tree, read_image
from nashgan.data.params import DataParams
from nashgan.data.source import Dataset, Source, anchored
from nashgan.records.raw import Unreadable
from nashgan.runtime.errors import UserError
from nashgan.spaces.fitting import fit_image, is_grey
from nashgan.spaces.video import VideoSpace

FRAMES = 16  # of a clip; later frames are left out
GIF, PNG = ".gif", ".png"


@dataclass(frozen=True)
class Clip:
    """An animated GIF, or a folder of pictures in the order of the numbers in their names."""

    name: str
    pictures: tuple[str, ...]  # files; a single GIF, or a PNG for each frame

    @property
    def animated(self) -> bool:
        return self.pictures == (self.name,)


def load(data: DataParams, base: Path) -> Source:
    """The first 16 frames of every clip under `data.path`, as squares of `data.image_size` pixels a side.

    If every clip lies in one of several first-level folders, these are the classes. With `data.channels` null there is
    one channel when the first frames of all clips are grey, else three. Raises UserError where there are no clips, or
    where a PNG file is in no folder of its own clip.
    """
    path = anchored(data.path, base)
    tree = open_tree(path)
    clips = find_clips(tree, path)
    if not clips:
        raise UserError(
            f"{path}: no clips there (animated GIFs, or folders of PNG files); put some there or change data.path"
        )
    space = VideoSpace(FRAMES, data.channels or (1 if _all_grey(tree, clips) else 3), data.image_size)
    labels, classes = first_level_labels(tuple(clip.name for clip in clips))
    examples = (read_clip(tree, clip, space) for clip in clips)
    return Source(len(clips), space.format, examples, labels, classes, {"files": archive_origin(path)})


def find_clips(tree: Tree, path: Path) -> list[Clip]:
    """The clips of a tree in the order of their names. Raises UserError for a PNG file that is in no folder."""
    folders: dict[str, list[str]] = defaultdict(list)
    clips = []
    for name in tree.names:
        suffix, folder = PurePosixPath(name).suffix.lower(), str(PurePosixPath(name).parent)
        if suffix == GIF:
            clips.append(Clip(name, (name,)))
        elif suffix == PNG and folder == ".":
            raise UserError(f"{path / name}: a PNG file in no folder of its own clip; put each clip's into a folder")
        elif suffix == PNG:
            folders[folder].append(name)
    clips += [Clip(folder, tuple(sorted(names, key=_by_number))) for folder, names in folders.items()]
    return sorted(clips, key=lambda clip: clip.name)


def read_clip(tree: Tree, clip: Clip, space: VideoSpace) -> UInt8[np.ndarray, "t c h w"] | Unreadable:
    """The frames of one clip, or the reason why there are none; a clip of too few frames is unreadable too."""
    if clip.animated:
        return read_image(tree, clip.name, lambda image: _gif_frames(image, space), ("GIF",))
    if len(clip.pictures) < space.frames:
        return Unreadable(name=clip.name, reason=_too_short(len(clip.pictures), space))
    frames = []
    for picture in clip.pictures[: space.frames]:
        frame = read_image(tree, picture, lambda image: fit_image(image, space.of_image), ("PNG",))
        if isinstance(frame, Unreadable):
            return frame
        frames.append(frame)
    return np.stack(frames)


def _gif_frames(image: Image.Image, space: VideoSpace) -> UInt8[np.ndarray, "t c h w"]:
    count: int = getattr(image, "n_frames", 1)
    if count < space.frames:
        raise ValueError(_too_short(count, space))
    frames = []
    for index in range(space.frames):
        image.seek(index)
        frames.append(fit_image(image, space.of_image))
    return np.stack(frames)


def _too_short(count: int, space: VideoSpace) -> str:
    return f"{count} frame{'s' if count > 1 else ', not animated'}; a clip needs {space.frames}"


def _all_grey(tree: Tree, clips: list[Clip]) -> bool:
    return all(read_image(tree, clip.pictures[0], is_grey) is not False for clip in clips)


def _by_number(name: str) -> list[tuple[int, str]]:
    """A key by which 2 comes before 10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


DATASET = Dataset(load, needs_no_download=lambda data: True)
