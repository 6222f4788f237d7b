"""R3GAN as its paper and its authors' program have it (Huang et al., 2024, section 4 and tables 5 and 6).

Two residual blocks for each resolution, from 4 × 4 pixels up to the images' own. Inside, a block is twice as wide as
outside, with 16 features in a group. Stages of up to 32 pixels have the largest width; above, it halves with each
doubling of the resolution. So with ``model.width`` 768 at 32 pixels, 384 at 64 and 96 at 256, the widths are those of
the authors' presets for CIFAR-10 and for FFHQ. Resampling is bilinear. The stage of 4 × 4 pixels and the
head compute in float32, whatever the precision of the others is.

What differs from the authors' program, and why:

- images of other sizes than powers of two, and grey ones or ones with alpha: this project has them;
- G is compared with the real images of D's move, not with others: one batch less to read in each step. In a
  relativistic game the real images of G's move have no gradient, they only are the other half of the pairs;
- rates, penalty weights, the running average and the augmentation are not part of the network: `nashgan.recipes`.
"""

from itertools import pairwise

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d

from nashgan.models.conditional import Condition
from nashgan.models.convolution import Convolution
from nashgan.models.discriminator import LayeredDiscriminator
from nashgan.models.pyramid import pyramid
from nashgan.models.r3gan import GROUP, Basis, Block, Gather, groups, scaled
from nashgan.spaces.image import ImageSpace

BLOCKS = 2  # for each resolution
EXPANSION = 2  # how many times as wide a block is inside
CAPPED = 3  # doublings from the lowest resolution, up to which the width stays the largest: 32 pixels


class Bilinear(nn.Module):
    """Twice or half the resolution by the filter 1, 3, 3, 1 in each direction; beyond the border are zeros."""

    kernel: Tensor

    def __init__(self, up: bool) -> None:
        super().__init__()
        line = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
        self.register_buffer("kernel", line[:, None] * line * (4 if up else 1), persistent=False)
        self.resample = conv_transpose2d if up else conv2d

    def forward(self, x: Float[Tensor, "n f _ _"]) -> Float[Tensor, "n f _ _"]:
        features = x.shape[1]
        kernel = self.kernel.to(x.dtype).expand(features, 1, 4, 4)
        resampled: Tensor = self.resample(x, kernel, stride=2, padding=1, groups=features)
        return resampled


class Float32(nn.Sequential):
    """Layers that compute in float32 inside of an autocast to a shorter format, too."""

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            out: Tensor = super().forward(x.float())  # type: ignore[no-untyped-call]
        return out


class Zero(nn.Module):
    """The head of a discriminator whose logit is the projection of the label alone."""

    def forward(self, x: Float[Tensor, "n features"]) -> Float[Tensor, "n 1"]:
        return x.new_zeros(len(x), 1)


def widths(image: ImageSpace, width: int) -> list[int]:
    """The width of each stage, from the images' own resolution to the lowest."""
    levels = len(pyramid(image, width).widths)
    return [width << min(level, max(levels - CAPPED, 0)) for level in range(levels + 1)]


def width_advice(image: ImageSpace, width: int) -> str | None:
    """A message for a width at which blocks cannot be grouped; None for another."""
    if groups(EXPANSION * width) != 1 or EXPANSION * width <= GROUP:
        return None
    step = GROUP // EXPANSION
    return (
        f"{width} is not a multiple of {step}, so r3gan_paper's 3×3 convolutions on {EXPANSION * width} features are "
        f"not grouped; choose {width // step * step} or {width // step * step + step}"
    )


class Generator(nn.Module):
    """Latents to images, which are not bounded; samples are clipped to [-1, 1]."""

    width_advice = staticmethod(width_advice)

    def __init__(self, image: ImageSpace, latent: int, width: int, classes: int = 0) -> None:
        super().__init__()
        maps, sizes = pyramid(image, width), widths(image, width)[::-1]
        branches = BLOCKS * len(sizes)
        self.condition = Condition(latent, classes)
        if self.condition.embedding is not None:
            nn.init.normal_(self.condition.embedding.weight, 0.0, classes**-0.5)
        lowest = [Basis(self.condition.features, sizes[0], maps.base), *_blocks(sizes[0], branches)]
        layers: list[nn.Module] = [Float32(*lowest)]
        for before, after in pairwise(sizes):
            layers += [*_resized(before, after), Bilinear(up=True), *_blocks(after, branches)]
        layers += [scaled(Convolution(sizes[-1], image.channels, 1, bias=False)), *maps.crop()]
        self.layers = nn.Sequential(*layers)

    def forward(
        self, z: Float[Tensor, "n latent"], labels: Int64[Tensor, " n"] | None = None
    ) -> Float[Tensor, "n c h w"]:
        images: Tensor = self.layers(self.condition(z, labels))
        return images


class Discriminator(LayeredDiscriminator):
    """Images to logits. With classes, the logit is the projection of the label alone."""

    width_advice = staticmethod(width_advice)

    def __init__(self, image: ImageSpace, width: int, classes: int = 0) -> None:
        maps, sizes = pyramid(image, width), widths(image, width)
        branches, features = BLOCKS * len(sizes), sizes[-1]
        layers: list[nn.Module] = [*maps.pad(), scaled(Convolution(image.channels, width, 1, bias=False))]
        for before, after in pairwise(sizes):
            layers += [*_blocks(before, branches), Bilinear(up=False), *_resized(before, after)]
        lowest: list[nn.Module] = [*_blocks(features, branches), Gather(features, maps.base)]
        if classes:
            lowest += [scaled(nn.Linear(features, features, bias=False))]
        head = Zero() if classes else Float32(scaled(nn.Linear(features, 1, bias=False)))
        super().__init__([*layers, Float32(*lowest), head], features, classes)
        if self.projection.embedding is not None:
            nn.init.normal_(self.projection.embedding.weight, 0.0, (features * classes) ** -0.5)


def _blocks(features: int, branches: int) -> list[nn.Module]:
    return [Block(features, branches, EXPANSION) for _ in range(BLOCKS)]


def _resized(before: int, after: int) -> list[nn.Module]:
    """The pointwise convolution between two widths; none between equal ones."""
    return [] if before == after else [scaled(Convolution(before, after, 1, bias=False))]
