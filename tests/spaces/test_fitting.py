"""Any picture becomes uint8 (channels, height, width) with the values that its mode means."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from nashgan.spaces.fitting import fit_digit, fit_image, is_grey, upright_size
from nashgan.spaces.image import ImageSpace

GREY = (200, 200, 200)


def flat(mode: str, colour: object, size: tuple[int, int] = (8, 8)) -> Image.Image:
    return Image.new(mode, size, colour)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("image", "rgb"),
    [
        (flat("1", 1), (255, 255, 255)),
        (flat("1", 0), (0, 0, 0)),
        (flat("L", 77), (77, 77, 77)),
        (flat("RGB", (10, 20, 30)), (10, 20, 30)),
        (flat("RGBA", (10, 20, 30, 255)), (10, 20, 30)),
        (flat("RGBA", (10, 20, 30, 0)), (255, 255, 255)),  # nothing on a white page
        (flat("LA", (50, 255)), (50, 50, 50)),
        (flat("LA", (50, 0)), (255, 255, 255)),
        (flat("CMYK", (0, 0, 0, 255)), (0, 0, 0)),
        (flat("CMYK", (255, 0, 0, 0)), (0, 255, 255)),
        (flat("HSV", (0, 0, 200)), GREY),
        (flat("YCbCr", (200, 128, 128)), GREY),
        (flat("I;16", 65535), (255, 255, 255)),
        (flat("I;16", 200 * 257), GREY),
        (flat("I", 200 * 257), GREY),
        (flat("F", 200 / 255), GREY),
        (flat("F", 1.0), (255, 255, 255)),
    ],
    ids=lambda value: value.mode if isinstance(value, Image.Image) else None,
)
def test_every_mode_keeps_its_colour(image: Image.Image, rgb: tuple[int, int, int]) -> None:
    pixels = fit_image(image, ImageSpace(3, 8, 8))
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, np.broadcast_to(np.array(rgb)[:, None, None], (3, 8, 8)))


def test_half_transparent_is_half_way_to_white() -> None:
    pixels = fit_image(flat("RGBA", (0, 0, 0, 128)), ImageSpace(1, 8, 8))
    assert np.abs(pixels.astype(int) - 127).max() <= 1


def test_palette_with_a_transparent_colour() -> None:
    image = Image.new("P", (8, 8), 0)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.paste(1, (4, 0, 8, 8))
    image.info["transparency"] = 0
    pixels = fit_image(image, ImageSpace(3, 8, 8))
    assert pixels[:, 0, 0].tolist() == [255, 255, 255]
    assert pixels[:, 0, 7].tolist() == [0, 0, 255]


def test_transparent_value_of_a_sixteen_bit_png() -> None:
    deep = np.zeros((8, 8), dtype=np.uint16)
    deep[0] = 7
    image = Image.fromarray(deep)
    image.info["transparency"] = 7
    assert fit_image(image, ImageSpace(1, 8, 8))[0, :2, 0].tolist() == [255, 0]


@pytest.mark.parametrize("mode_and_value", [("I", 70000), ("I", -1), ("F", 1.5), ("F", float("nan"))])
def test_deep_pixels_without_a_scale_are_refused(mode_and_value: tuple[str, float]) -> None:
    with pytest.raises(ValueError, match="no defined scale"):
        fit_image(flat(*mode_and_value), ImageSpace(1, 8, 8))


def test_luminance_for_one_channel() -> None:
    assert fit_image(flat("RGB", (255, 0, 0)), ImageSpace(1, 8, 8))[0, 0, 0] == 76  # ITU-R 601: 0.299 x 255


def test_exif_orientation_is_applied() -> None:
    image = flat("RGB", (0, 0, 0))
    image.paste((255, 255, 255), (0, 0, 8, 2))  # white at the top of the stored picture
    image.getexif()[0x0112] = 3  # which was taken upside down
    pixels = fit_image(image, ImageSpace(1, 8, 8))
    assert pixels[0, 0].max() == 0
    assert pixels[0, -1].min() == 255


def test_centre_square_is_cut_out() -> None:
    image = flat("L", 0, (18, 8))
    image.paste(255, (5, 0, 13, 8))
    assert fit_image(image, ImageSpace(1, 8, 8)).min() == 255


def test_shrinking_averages_instead_of_dropping_pixels() -> None:
    board = np.indices((256, 256)).sum(0) % 2 * 255  # one-pixel chessboard: mean 127.5, any sampled pixel 0 or 255
    pixels = fit_image(Image.fromarray(board.astype(np.uint8)), ImageSpace(1, 8, 8)).astype(int)
    assert np.abs(pixels - 127).max() <= 2


@given(st.integers(1, 90), st.integers(1, 90), st.sampled_from(["L", "RGB", "RGBA", "CMYK", "I;16"]))
def test_any_size_becomes_the_one_asked_for(width: int, height: int, mode: str) -> None:
    image = Image.new(mode, (width, height))
    assert fit_image(image, ImageSpace(3, 16, 16)).shape == (3, 16, 16)
    assert fit_image(image, ImageSpace(1, 16, 16)).shape == (1, 16, 16)


def test_digits_get_a_border_and_keep_their_pixels() -> None:
    digit = np.random.default_rng(0).integers(1, 256, (28, 28), dtype=np.uint8)
    for channels in (1, 3):
        pixels = fit_digit(digit, ImageSpace(channels, 32, 32))
        assert pixels.shape == (channels, 32, 32)
        assert pixels.sum() == channels * digit.sum(dtype=int)
        for plane in pixels:
            np.testing.assert_array_equal(plane[2:-2, 2:-2], digit)
    np.testing.assert_array_equal(fit_digit(digit, ImageSpace(1, 28, 28))[0], digit)
    assert fit_digit(digit, ImageSpace(1, 64, 64)).shape == (1, 64, 64)


def test_grey_is_told_from_mode_and_palette() -> None:
    assert all(is_grey(Image.new(mode, (2, 2))) for mode in ("1", "L", "LA", "I", "I;16", "F"))
    assert not any(is_grey(Image.new(mode, (2, 2))) for mode in ("RGB", "RGBA", "CMYK"))
    image = Image.new("P", (2, 2))
    image.putpalette([0, 0, 0, 9, 9, 9])
    assert is_grey(image)
    image.putpalette([0, 0, 0, 9, 9, 8])
    assert not is_grey(image)


def test_the_middle_with_the_proportions_of_the_space_is_cut_out() -> None:
    columns = np.tile(np.arange(80, dtype=np.uint8), (20, 1))
    pixels = fit_image(Image.fromarray(columns), ImageSpace(1, 20, 30))
    np.testing.assert_array_equal(pixels[0], columns[:, 25:55])
    rows = np.tile(np.arange(80, dtype=np.uint8)[:, None], (1, 20))
    np.testing.assert_array_equal(fit_image(Image.fromarray(rows), ImageSpace(1, 30, 20))[0], rows[25:55])
    assert fit_image(Image.fromarray(rows), ImageSpace(3, 45, 17)).shape == (3, 45, 17)


@pytest.mark.parametrize(
    ("mode", "ink", "page"), [("L", 7, 255), ("RGB", (7, 8, 9), 255), ("RGBA", (7, 8, 9, 255), 255)]
)
def test_a_whole_picture_stands_in_the_middle_of_a_page(mode: str, ink: object, page: int) -> None:
    channels = len(mode)
    pixels = fit_image(flat(mode, ink, (8, 4)), ImageSpace(channels, 8, 8), whole=True)
    assert (pixels[:3, [0, 1, 6, 7]] == 255).all()
    np.testing.assert_array_equal(pixels[0, 2:6], 7)
    if channels == 4:
        assert (pixels[3, [0, 1, 6, 7]] == 0).all() and (pixels[3, 2:6] == 255).all()
    np.testing.assert_array_equal(fit_image(flat(mode, ink), ImageSpace(channels, 8, 8), whole=True)[0], 7)


def test_alpha_is_kept_where_the_space_has_it() -> None:
    half = fit_image(flat("RGBA", (10, 20, 30, 128)), ImageSpace(4, 8, 8))
    assert half[:, 0, 0].tolist() == [10, 20, 30, 128]
    assert fit_image(flat("RGBA", (10, 20, 30, 0)), ImageSpace(4, 8, 8))[:, 0, 0].tolist() == [255, 255, 255, 0]
    assert fit_image(flat("RGB", (10, 20, 30)), ImageSpace(4, 8, 8))[:, 0, 0].tolist() == [10, 20, 30, 255]
    assert fit_image(flat("LA", (50, 99)), ImageSpace(4, 8, 8))[:, 0, 0].tolist() == [50, 50, 50, 99]
    shrunk = fit_image(flat("RGBA", (10, 20, 30, 0), (16, 16)), ImageSpace(4, 8, 8))
    assert shrunk[:, 0, 0].tolist() == [255, 255, 255, 0]


def test_brightness_is_rounded_to_the_levels_last() -> None:
    ramp = np.tile(np.arange(0, 256, 4, dtype=np.uint8), (64, 1))
    pixels = fit_image(Image.fromarray(ramp), ImageSpace(1, 32, 32, levels=2))
    assert set(np.unique(pixels)) == {0, 255} and (pixels[0, :, :16] == 0).all() and (pixels[0, :, 16:] == 255).all()
    threshold = np.array([[127, 128]], np.uint8)
    assert fit_image(Image.fromarray(threshold), ImageSpace(1, 1, 2, 2)).ravel().tolist() == [0, 255]


def test_the_upright_size_is_known_without_decoding() -> None:
    image = flat("L", 0, (8, 4))
    assert upright_size(image) == (8, 4)
    image.getexif()[0x0112] = 6
    assert upright_size(image) == ImageOps.exif_transpose(image).size == (4, 8)
