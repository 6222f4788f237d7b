"""DCGAN's discriminator without normalisation: its gradients belong to single images, as gradient penalties need."""

from nashgan.models import dcgan
from nashgan.spaces.image import ImageShape


class Discriminator(dcgan.Discriminator):
    """Images to logits by strided convolutions with biases, LeakyReLU 0.2 and weights from N(0, 0.02)."""

    def __init__(self, image: ImageShape, width: int, classes: int = 0) -> None:
        super().__init__(image, width, classes, batch_norm=False)
