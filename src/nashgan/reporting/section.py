"""What every section of the report is made of."""

import io
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from PIL import Image

from nashgan.records.pictures import Picture

COLUMN = 544  # pixels of half the page: the largest width of one of two pictures side by side
PAGE = 1120  # pixels of the whole page


@dataclass(frozen=True)
class Section:
    """A section of the report."""

    slug: str  # the anchor, and the name of the template
    title: str
    context: dict[str, Any]  # what the template shows


@dataclass(frozen=True)
class Figure:
    """A picture on the page: a data: address, its size there, and whether its pixels are drawn with sharp edges.

    One that is not enlarged has no sharp edges: a narrow page shrinks it, and whole lines would be lost.
    """

    source: str
    width: int
    height: int
    crisp: bool


def figure(picture: Picture | Image.Image, room: int) -> Figure:
    """Enlarge by the largest whole factor that fits into `room` pixels. The browser shrinks a wider picture."""
    if isinstance(picture, Image.Image):
        buffer = io.BytesIO()
        picture.save(buffer, format="PNG", optimize=True)
        picture = Picture(buffer.getvalue(), *picture.size)
    zoom = max(1, room // picture.width)
    source = f"data:image/{picture.kind};base64," + b64encode(picture.content).decode()
    return Figure(source, picture.width * zoom, picture.height * zoom, zoom > 1)
