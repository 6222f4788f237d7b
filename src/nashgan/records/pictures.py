"""Pictures that the stages wrote, read and checked."""

import io
import re
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from nashgan.runtime.errors import UserError


@dataclass(frozen=True)
class Picture:
    """A PNG file as it is, with its size in pixels."""

    png: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Frame:
    """One picture of the timeline."""

    images: int
    picture: Picture


def read_picture(path: Path, mend: str) -> Picture:
    """The picture at `path`. Raises UserError, which ends with `mend`, where there is none or a broken one."""
    try:
        png = path.read_bytes()
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            image.verify()
            return Picture(png, *image.size)
    except FileNotFoundError:
        raise UserError(f"{path}: not found; {mend}") from None
    except (OSError, SyntaxError) as error:  # Pillow's words for a broken PNG
        raise UserError(f"{path}: not readable as PNG; {mend}") from error


def read_timeline(folder: Path, mend: str) -> list[Frame]:
    """The pictures named by images seen, in their order; none where there is no folder. Raises as `read_picture`."""
    found = [(int(path.stem), path) for path in folder.glob("*.png") if re.fullmatch(r"[0-9]+", path.stem)]
    return [Frame(images, read_picture(path, mend)) for images, path in sorted(found)]
