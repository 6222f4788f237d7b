"""Turn any picture into uint8 (channels, height, width) of a space of images: eight bits, upright, of one size."""

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps

from nashgan.spaces.alpha import CHANNELS as WITH_ALPHA
from nashgan.spaces.alpha import PAGE, hide_unseen
from nashgan.spaces.image import ImageSpace

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}  # by channels
_PAGES: dict[str, int | tuple[int, ...]] = {  # what surrounds a whole picture, by mode
    "L": PAGE,
    "RGB": (PAGE, PAGE, PAGE),
    "RGBA": (PAGE, PAGE, PAGE, 0),
}
_ORIENTATION = 0x0112  # EXIF tag
_GREY_MODES = frozenset({"1", "L", "LA", "La", "I", "I;16", "I;16L", "I;16B", "I;16N", "F"})


def is_grey(image: Image.Image) -> bool:
    """Whether one channel is enough for `image`. It reads the mode and the palette and decodes no pixels."""
    if image.mode in ("P", "PA"):
        palette = np.array(image.getpalette("RGB") or [], dtype=np.uint8).reshape(-1, 3)
        return bool((palette == palette[:, :1]).all())
    return image.mode in _GREY_MODES


def fit_image(image: Image.Image, space: ImageSpace, whole: bool = False) -> UInt8[np.ndarray, "c h w"]:
    """Turn a picture of any mode and size into an image of `space`, 0 … 255.

    EXIF orientation is applied, deep pixels are scaled to eight bits, colours become luminance for one channel.
    Transparency is kept where the space has alpha, and else laid over white. The largest part in the middle that has
    the space's proportions is cut out; or the `whole` picture is put on a page, white or transparent. It is resized by
    Lanczos with antialiasing. A picture that has the size already keeps its pixels. Last, brightness is rounded to the
    space's levels. Raises ValueError where deep pixels have no defined scale.
    """
    alpha = space.channels == WITH_ALPHA
    image = _eight_bits(ImageOps.exif_transpose(image), alpha).convert(_MODES[space.channels])
    size = space.width, space.height
    pixels = np.asarray(_on_page(image, size) if whole else _cut_out(image, size))
    channels = pixels[None].copy() if space.channels == 1 else np.ascontiguousarray(pixels.transpose(2, 0, 1))
    return hide_unseen(space.quantised(channels))


def fit_digit(pixels: UInt8[np.ndarray, "rows columns"], space: ImageSpace) -> UInt8[np.ndarray, "c h w"]:
    """Like `fit_image`, but 28 x 28 becomes 32 x 32 by a black border, as LeNet-5 had it: no pixel changes."""
    if pixels.shape == (28, 28) and space.shape[1:] == (32, 32):
        pixels = np.pad(pixels, 2)
    return fit_image(Image.fromarray(pixels), space)


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Width and height of a picture after its EXIF orientation is applied; decodes no pixels."""
    turned = image.getexif().get(_ORIENTATION, 1) >= 5  # 5 to 8: by a quarter turn
    return image.size[::-1] if turned else image.size


def _cut_out(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The largest part in the middle with the proportions of `size`, resized to it."""
    scale = min(image.width / size[0], image.height / size[1])
    width, height = (max(1, round(side * scale)) for side in size)
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return _resized(image.crop((left, top, left + width, top + height)), size)


def _on_page(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The whole picture, resized, in the middle of a page of `size`."""
    scale = max(image.width / size[0], image.height / size[1])
    width, height = (max(1, round(side / scale)) for side in image.size)
    page = Image.new(image.mode, size, _PAGES[image.mode])
    page.paste(_resized(image, (width, height)), ((size[0] - width) // 2, (size[1] - height) // 2))
    return page


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)


def _eight_bits(image: Image.Image, alpha: bool) -> Image.Image:
    """A picture of mode L or RGB, or of another eight-bit mode that Pillow converts to them; opaque without `alpha`."""
    if image.mode == "I" or image.mode.startswith("I;16"):  # I: Pillow's mode of 16-bit PGM and of some TIFF
        return _scaled(image, 65535, "integers outside 0 … 65535 have no defined scale")
    if image.mode == "F":
        return _scaled(image, 1, "floats outside 0 … 1 have no defined scale")
    if image.has_transparency_data and not alpha:
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
