"""A damaged picture file is refused in one line, whatever the decoder does."""

import io

import numpy as np
import pytest
from PIL import Image, ImageSequence

from nashgan.spaces.picture_file import look_at


def content(form: str, frames: int) -> bytes:
    """A file of noise."""
    noise = np.random.default_rng(0).integers(0, 256, (frames, 12, 12), np.uint8)
    first, *rest = map(Image.fromarray, noise)
    file = io.BytesIO()
    first.save(file, form, **({"save_all": True, "append_images": rest} if rest else {}))
    return file.getvalue()


def all_frames(picture: Image.Image) -> int:
    return len([np.asarray(frame) for frame in ImageSequence.Iterator(picture)])


@pytest.mark.parametrize(
    ("form", "frames"), [("PNG", 1), ("JPEG", 1), ("BMP", 1), ("GIF", 3), ("TIFF", 2), ("WEBP", 1), ("TGA", 1)]
)
def test_a_file_that_ends_too_early_has_a_reason(form: str, frames: int) -> None:
    whole = content(form, frames)
    assert look_at(whole, all_frames) == frames
    for length in range(0, len(whole), 7):
        try:
            assert look_at(whole[:length], all_frames) <= frames
        except ValueError as error:
            assert str(error) and "\n" not in str(error)


def test_an_unexpected_error_of_a_decoder_is_no_riddle() -> None:
    half = content("GIF", 3)[: len(content("GIF", 3)) // 2]
    with pytest.raises(ValueError, match=r"^damaged or truncated$"):
        look_at(half, lambda picture: picture.n_frames)  # type: ignore[attr-defined]  # an IndexError of Pillow


def test_only_the_formats_that_are_named_are_read() -> None:
    with pytest.raises(ValueError, match=r"^not an image of a known format \(PNG, GIF\)$"):
        look_at(content("BMP", 1), all_frames, ("PNG", "GIF"))
