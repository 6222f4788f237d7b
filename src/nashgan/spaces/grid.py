"""Grids of images as PNG files: samples, timelines, interpolations."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from nashgan.runtime.files import atomic_path
from nashgan.spaces.alpha import over_page

ROWS = 8  # of examples, in a picture whose file does not say how many
TELLS_ROWS = "nashgan rows"  # key of a text in the file
BACKGROUND = 112  # a grey that separates both black and white images, on light and on dark pages


def image_grid(
    images: UInt8[np.ndarray, "n c h w"], columns: int, scale: int = 1, padding: int = 1, background: int = BACKGROUND
) -> Image.Image:
    """Lay `images` out row by row, `columns` in a row, each enlarged `scale` times without smoothing.

    `padding` is the gap between neighbours in pixels of the result, `background` its brightness. Grey images (c = 1)
    give mode L, colour (c = 3) RGB; those with alpha (c = 4) are laid over white and give RGB, too. Empty cells in the
    last row, and a grid without images, show the background. Raises ValueError for arrays that are no images and for
    impossible sizes.
    """
    if images.shape[1] == 4:
        images = over_page(torch.from_numpy(np.array(images))).numpy()
    count, channels, height, width = images.shape
    if channels not in (1, 3) or columns < 1 or scale < 1 or padding < 0:
        raise ValueError(f"no grid of {images.shape} images with {columns=}, {scale=}, {padding=}")
    rows, columns = max(1, -(-count // columns)), min(columns, max(1, count))
    cell_height, cell_width = height * scale + padding, width * scale + padding
    canvas = np.full((rows * cell_height - padding, columns * cell_width - padding, channels), background, np.uint8)
    for index, image in enumerate(images):
        top, left = index // columns * cell_height, index % columns * cell_width
        enlarged = image.transpose(1, 2, 0).repeat(scale, axis=0).repeat(scale, axis=1)
        canvas[top : top + height * scale, left : left + width * scale] = enlarged
    return Image.fromarray(canvas[:, :, 0] if channels == 1 else canvas)


def at_most(image: Image.Image, width: int) -> Image.Image:
    """`image`, made smaller where it is more than `width` pixels wide."""
    if image.width <= width:
        return image
    return image.resize((width, max(1, image.height * width // image.width)), Image.Resampling.LANCZOS)


def save_png(path: Path, image: Image.Image, rows: int = ROWS) -> None:
    """Write `image` as PNG, whole or not at all. Raises UserError when the disk is full.

    `rows` of examples can be cut out of it again; a picture that shows all examples together is one row.
    """
    text = PngInfo()
    if rows != ROWS:
        text.add_text(TELLS_ROWS, str(rows))
    with atomic_path(path) as temporary:
        image.save(temporary, format="PNG", optimize=True, pnginfo=text)
