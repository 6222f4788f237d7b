"""Pictures that the stages wrote, read and checked."""

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image

from nashgan.records.record import mend
from nashgan.runtime.errors import UserError

TIMELINE_STAGE = "train"


@dataclass(frozen=True)
class Picture:
    """A PNG file, or an animated GIF, as it is, with its size in pixels."""

    content: bytes
    width: int
    height: int
    kind: Literal["png", "gif"] = "png"


@dataclass(frozen=True)
class Frame:
    """One picture of the timeline."""

    images: int
    picture: Picture


def read_picture(path: Path, stage: str, kind: Literal["png", "gif"] = "png") -> Picture:
    """The picture at `path`, which `stage` made. Raises UserError where it is missing or broken."""
    try:
        content = path.read_bytes()
        with Image.open(io.BytesIO(content), formats=[kind.upper()]) as image:
            image.verify()
            return Picture(content, *image.size, kind)
    except FileNotFoundError:
        raise UserError(f"{path}: not found; {mend(stage)}") from None
    except (OSError, SyntaxError) as error:  # Pillow raises these for a broken file
        raise UserError(f"{path}: not readable as {kind.upper()}; {mend(stage)}") from error


def read_timeline(folder: Path) -> list[Frame]:
    """The pictures named by images seen, in their order. Raises UserError where one is broken or the folder missing."""
    if not folder.is_dir():
        raise UserError(f"{folder}: not found; {mend(TIMELINE_STAGE)}")
    found = [(int(path.stem), path) for path in folder.glob("*.png") if re.fullmatch(r"[0-9]+", path.stem)]
    return [Frame(images, read_picture(path, TIMELINE_STAGE)) for images, path in sorted(found)]
