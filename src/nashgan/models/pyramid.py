"""The widths of the convolutional families: pyramids of feature maps."""

from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace

SIZES = (32, 64, 128)  # pixels a side


def pyramid_widths(image: ImageSpace, width: int) -> list[int]:
    """Feature maps of a pyramid from size/2 down to 4 pixels a side: `width`, doubled at each halving.

    Raises UserError for a size that the convolutional families are not made for.
    """
    if image.size not in SIZES:
        made_for = ", ".join(map(str, SIZES))
        raise UserError(
            f"params.yaml: data.image_size: the convolutional models are made for {made_for}, got {image.size}"
        )
    return [width * 2**level for level in range((image.size // 4).bit_length() - 1)]
