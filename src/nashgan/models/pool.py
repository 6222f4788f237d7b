"""A discriminator like a simple image classifier: convolution, batch norm, max pooling, ReLU, dropout."""

from torch import nn

from nashgan.models.discriminator import LayeredDiscriminator
from nashgan.models.pyramid import pyramid_widths
from nashgan.spaces.image import ImageSpace

DROPOUT = 0.25


class Discriminator(LayeredDiscriminator):
    """3×3 convolutions with batch norm and 2×2 max pooling, down to 4 pixels a side; then a linear head."""

    def __init__(self, image: ImageSpace, width: int, classes: int = 0) -> None:
        widths = pyramid_widths(image, width)
        layers: list[nn.Module] = []
        for before, after in zip([image.channels, *widths], widths, strict=False):
            layers += [nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after)]
            layers += [
                nn.MaxPool2d(2),
                nn.ReLU(inplace=True),
                nn.Dropout(DROPOUT),
            ]  # max commutes with ReLU: pool first
        features = widths[-1] * 4 * 4
        super().__init__([*layers, nn.Flatten(), nn.Linear(features, 1)], features, classes)
