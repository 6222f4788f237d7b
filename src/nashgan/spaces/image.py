"""The shape of an image, as models and files know it."""

from pydantic import BaseModel, ConfigDict, Field

from nashgan.runtime.errors import UserError

SIZES = (32, 64, 128)  # of the convolutional families


class ImageShape(BaseModel):
    """Square images: `channels` maps of `size` × `size` pixels."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    channels: int = Field(ge=1, le=64)
    size: int = Field(ge=1, le=4096)

    @property
    def pixels(self) -> int:
        """Numbers in one image."""
        return self.channels * self.size * self.size


def pyramid_widths(image: ImageShape, width: int) -> list[int]:
    """Feature maps of a pyramid from size/2 down to 4 pixels a side: `width`, doubled at each halving.

    Raises UserError for a size the convolutional families are not made for.
    """
    if image.size not in SIZES:
        made_for = ", ".join(map(str, SIZES))
        raise UserError(
            f"params.yaml: data.image_size: the convolutional models are made for {made_for}, got {image.size}"
        )
    return [width * 2**level for level in range((image.size // 4).bit_length() - 1)]
