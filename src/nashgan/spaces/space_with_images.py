"""What the pipeline's classifier needs of a space."""

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Shaped, UInt8

from nashgan.spaces.image import ImageSpace
from nashgan.spaces.space import Space


@runtime_checkable
class SpaceWithImages(Space, Protocol):
    """A space whose examples are images, or consist of images, so that the pipeline's classifier can look at them."""

    @property
    def images_distance(self) -> str:
        """The name of the Fréchet distance in the classifier's features."""

    @property
    def of_image(self) -> ImageSpace:
        """The space of one image."""

    @property
    def images_each(self) -> int:
        """How many images an example consists of."""

    def all_images(self, examples: Shaped[np.ndarray, "n ..."]) -> UInt8[np.ndarray, "_ c h w"]:
        """Every image, example by example."""

    def one_image_each(self, examples: Shaped[np.ndarray, "n ..."], first: int = 0) -> UInt8[np.ndarray, "n c h w"]:
        """An image of each example, where `first` is the number of the first example in its set."""
