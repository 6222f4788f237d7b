"""A row of samples, cut from the grid that the generate stage draws."""

import io

from PIL import Image, UnidentifiedImageError

from nashgan.runtime.errors import UserError
from nashgan.spaces.grid import ROWS, TELLS_ROWS, at_most

WIDEST = 544  # pixels of a strip; a wider one is resized


def first_row(grid: bytes, where: str) -> bytes:
    """The first row of a grid of samples, as PNG. Raises UserError where `grid`, found at `where`, is no PNG."""
    try:
        with Image.open(io.BytesIO(grid), formats=["PNG"]) as image:
            rows = max(1, int(image.info.get(TELLS_ROWS, ROWS)))
            height = (image.height - (rows - 1)) // rows  # one pixel is between them
            row = image.crop((0, 0, image.width, max(1, height)))
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError) as error:  # what Pillow raises for a broken PNG
        raise UserError(f"{where}: not readable as PNG; make it again with `dvc repro --force generate`") from error
    buffer = io.BytesIO()
    at_most(row, WIDEST).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
