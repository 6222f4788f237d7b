"""The shape of an image, as models and files know it."""

from pydantic import BaseModel, ConfigDict, Field


class ImageShape(BaseModel):
    """Square images: `channels` maps of `size` × `size` pixels."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    channels: int = Field(ge=1, le=64)
    size: int = Field(ge=1, le=4096)

    @property
    def pixels(self) -> int:
        """Numbers in one image."""
        return self.channels * self.size * self.size
