"""Picture files that somebody sent or put into a folder: decoded with care, or refused with the reason in one line."""

from collections.abc import Callable
from io import BytesIO
from typing import TypeVar

from PIL import Image, UnidentifiedImageError

T = TypeVar("T")

# Decoders that are safe for unknown files. Of Pillow's others, some call programs (EPS) and some read rare formats.
FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TGA", "TIFF", "WEBP")
MAX_PIXELS = 2**26  # of one picture: 67 megapixels take 256 MiB when decoded


def look_at(content: bytes, look: Callable[[Image.Image], T], formats: tuple[str, ...] = FORMATS) -> T:
    """The result of `look` for the picture in a file's `content`.

    Raises ValueError, with the reason in one line, for content that is no picture of the `formats`, or a damaged or too
    large one, and where `look` raises.
    """
    try:
        with Image.open(BytesIO(content), formats=formats) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise ValueError(f"more than {MAX_PIXELS // 10**6} megapixels")
            return look(picture)
    except UnidentifiedImageError:
        known = "" if formats == FORMATS else f" ({', '.join(formats)})"
        raise ValueError(f"not an image of a known format{known}") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(one_line(error)) from None
    except Exception:  # a garbled file can fail in any way inside any decoder, such as by "index out of range"
        raise ValueError("damaged or truncated") from None


def one_line(error: Exception) -> str:
    """The reason in one line, without memory addresses and paths, so that it is the same every time."""
    if isinstance(error, Image.DecompressionBombError):
        return f"more than {MAX_PIXELS // 10**6} megapixels"
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split()) or type(error).__name__
