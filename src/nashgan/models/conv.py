"""DCGAN's discriminator without batch norm, so that a gradient penalty sees the gradient of each image alone."""

from nashgan.models import dcgan
from nashgan.spaces.image import ImageSpace


class Discriminator(dcgan.Discriminator):
    """Images to logits by strided convolutions with biases, LeakyReLU 0.2 and weights from N(0, 0.02)."""

    def __init__(self, image: ImageSpace, width: int, classes: int = 0) -> None:
        super().__init__(image, width, classes, batch_norm=False)
