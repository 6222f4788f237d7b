"""A row of samples, cut from the grid that the generate stage draws."""

import io

from PIL import Image, UnidentifiedImageError

from nashgan.runtime.errors import UserError

COLUMNS = 8  # images in a row of the grid, one pixel apart
WIDEST = 544  # pixels of a strip; large images are made smaller


def strip(grid: bytes, where: str) -> bytes:
    """The first row of a grid of samples, as PNG. Raises UserError where `grid`, found at `where`, is no PNG."""
    try:
        with Image.open(io.BytesIO(grid), formats=["PNG"]) as image:
            size = (image.width - (COLUMNS - 1)) // COLUMNS
            row = image.crop((0, 0, image.width, min(max(size, 1), image.height)))
    except (OSError, SyntaxError, UnidentifiedImageError) as error:  # Pillow's words for a broken PNG
        raise UserError(f"{where}: not readable as PNG; make it again with `dvc repro --force generate`") from error
    if row.width > WIDEST:
        row = row.resize((WIDEST, max(1, row.height * WIDEST // row.width)), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    row.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
