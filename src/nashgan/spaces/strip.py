"""Pictures side by side with a line of text below each, and signed numbers as a picture."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw, ImageFont

CELL = 112  # pixels that a picture is enlarged to, at most: by a whole factor, or not at all where it is larger
GAP, LINE = 6, 15  # pixels between pictures, and of a line of text
PAPER, INK = (255, 255, 255), (31, 41, 51)
RISE, FALL = np.array([178, 24, 43]), np.array([33, 102, 172])  # red: more, blue: less


def signed(values: Float[np.ndarray, "c h w"]) -> UInt8[np.ndarray, "3 h w"]:
    """The mean over the channels: white is 0, red positive, blue negative; the largest number has the full colour."""
    plane = values.mean(axis=0, dtype=np.float64)
    strength = np.abs(plane) / max(float(np.abs(plane).max()), np.finfo(np.float64).tiny)
    ends = np.where(plane[None] > 0, RISE[:, None, None], FALL[:, None, None])
    picture: np.ndarray = np.rint(255 + strength * (ends - 255)).astype(np.uint8)
    return picture


def strip(rows: Sequence[Sequence[tuple[UInt8[np.ndarray, "_ h w"], str]]]) -> Image.Image:
    """Rows of pictures of one size, grey or RGB, each above its line of text."""
    first = rows[0][0][0]
    scale = max(1, CELL // max(first.shape[1:]))
    width, height = first.shape[2] * scale, first.shape[1] * scale
    font = ImageFont.load_default(size=11)
    texts = [text for row in rows for _, text in row]
    across = max([width, *(int(font.getlength(text)) + 1 for text in texts)]) + GAP
    down = height + LINE + GAP
    sheet = Image.new("RGB", (across * max(map(len, rows)) + GAP, down * len(rows) + GAP), PAPER)
    draw = ImageDraw.Draw(sheet)
    for row, cells in enumerate(rows):
        for column, (picture, text) in enumerate(cells):
            left, top = GAP + column * across, GAP + row * down
            pixels = np.repeat(picture, 3, axis=0) if len(picture) == 1 else picture[:3]
            cell = Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0)))
            sheet.paste(cell.resize((width, height), Image.Resampling.NEAREST), (left, top))
            draw.text((left, top + height + 1), text, fill=INK, font=font)
    return sheet
