"""Turn any picture into uint8 (channels, size, size): eight bits, upright, opaque, square."""

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps

# The grey level behind transparent pixels: white, as on paper. Black would hide dark lines.
PAGE = 255

_GREY_MODES = frozenset({"1", "L", "LA", "La", "I", "I;16", "I;16L", "I;16B", "I;16N", "F"})


def is_grey(image: Image.Image) -> bool:
    """Whether one channel is enough for `image`. It reads the mode and the palette and decodes no pixels."""
    if image.mode in ("P", "PA"):
        palette = np.array(image.getpalette("RGB") or [], dtype=np.uint8).reshape(-1, 3)
        return bool((palette == palette[:, :1]).all())
    return image.mode in _GREY_MODES


def fit_image(image: Image.Image, channels: int, size: int) -> UInt8[np.ndarray, "c s s"]:
    """Turn a picture of any mode and size into uint8 (channels, size, size), 0 … 255.

    EXIF orientation is applied, transparency is laid over white, deep pixels are scaled to eight bits, colours become
    luminance for one channel; the centre square is cut out and resized by Lanczos with antialiasing. A picture that has
    the size already keeps its pixels. Raises ValueError where deep pixels have no defined scale.
    """
    image = _eight_bits(ImageOps.exif_transpose(image))
    image = image.convert("L" if channels == 1 else "RGB")
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    image = image.crop((left, top, left + side, top + side))
    if side != size:
        image = image.resize((size, size), Image.Resampling.LANCZOS)
    pixels = np.asarray(image)
    return pixels[None].copy() if channels == 1 else np.ascontiguousarray(pixels.transpose(2, 0, 1))


def fit_digit(pixels: UInt8[np.ndarray, "h w"], channels: int, size: int) -> UInt8[np.ndarray, "c s s"]:
    """Like `fit_image`, but 28 x 28 becomes 32 x 32 by a black border, as LeNet-5 had it: no pixel changes."""
    if pixels.shape == (28, 28) and size == 32:
        pixels = np.pad(pixels, 2)
    return fit_image(Image.fromarray(pixels), channels, size)


def _eight_bits(image: Image.Image) -> Image.Image:
    """An opaque picture of mode L or RGB, or of another eight-bit mode that Pillow converts to them."""
    if image.mode == "I" or image.mode.startswith("I;16"):  # I: Pillow's mode of 16-bit PGM and of some TIFF
        return _scaled(image, 65535, "integers outside 0 … 65535 have no defined scale")
    if image.mode == "F":
        return _scaled(image, 1, "floats outside 0 … 1 have no defined scale")
    if image.has_transparency_data:
        picture = image.convert("RGBA")
        page = Image.new("RGBA", image.size, (PAGE, PAGE, PAGE, 255))
        return Image.alpha_composite(page, picture).convert("RGB")
    return image


def _scaled(image: Image.Image, white: int, refusal: str) -> Image.Image:
    deep = np.asarray(image)
    if not (deep.min() >= 0 and deep.max() <= white):  # NaN fails both
        raise ValueError(refusal)
    pixels = np.rint(deep * (255.0 / white)).astype(np.uint8)
    if isinstance(key := image.info.get("transparency"), int):  # a grey 16-bit PNG may name one transparent value
        pixels[deep == key] = PAGE
    return Image.fromarray(pixels)
