"""A discriminator like a simple image classifier: convolution, batch norm, max pooling, ReLU, dropout."""

from itertools import pairwise

from torch import nn

from nashgan.models.discriminator import LayeredDiscriminator
from nashgan.models.pyramid import pyramid
from nashgan.spaces.image import ImageSpace

DROPOUT = 0.25


class Discriminator(LayeredDiscriminator):
    """3×3 convolutions with batch norm and 2×2 max pooling, down to about 4 pixels a side; then a linear head."""

    def __init__(self, image: ImageSpace, width: int, classes: int = 0) -> None:
        maps = pyramid(image, width)
        layers: list[nn.Module] = maps.pad()
        for before, after in pairwise([image.channels, *maps.widths]):
            layers += [nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after)]
            layers += [
                nn.MaxPool2d(2),
                nn.ReLU(inplace=True),
                nn.Dropout(DROPOUT),
            ]  # the same result as ReLU before pooling, in less time
        super().__init__([*layers, nn.Flatten(), nn.Linear(maps.features, 1)], maps.features, classes)
