"""R3GAN: Huang, Gokaslan, Kuleshov, Tompkin, "The GAN is dead; long live the GAN!", 2024, section 4.

There is no normalisation. Both players are pyramids of residual blocks: a pointwise, a grouped and again a pointwise
convolution. Resampling is outside the blocks, with a pointwise convolution on the side of the lower resolution. The
networks are made for the loss rpgan with the penalty r1_r2.

What differs from the paper's networks (`nashgan.models.r3gan_paper`), mostly so that a CPU can train them:

- one block for each resolution, where the paper has two; blocks have the same width inside, where the paper's are twice
  as wide inside;
- no block at the images' own resolution: one strided convolution with a bias leads to the next resolution, where the
  paper has a pointwise one without bias;
- resampling repeats or averages pixels, where the paper interpolates bilinearly;
- images are clipped, and a bias is added before the logit;
- the logit is the sum of an unconditional one and the projection of the label on the features, where the paper has
  the projection alone.
"""

import math
from itertools import pairwise

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx

from nashgan.models.conditional import Condition
from nashgan.models.convolution import Convolution
from nashgan.models.discriminator import LayeredDiscriminator
from nashgan.models.pyramid import pyramid
from nashgan.spaces.image import ImageSpace

SLOPE = 0.2  # of the leaky ReLU below zero
GAIN = math.sqrt(2 / (1 + SLOPE**2))  # keeps the variance across the leaky ReLU (He et al., 2015)
BACK = 0.05  # share of a clipped pixel's gradient that passes, if it leads back into the range
GROUP = 16  # features in a group of the 3×3 convolutions


def groups(features: int) -> int:
    """The groups of a block's 3×3 convolution: one for each `GROUP` features, or one if they are no multiple of it."""
    return 1 if features % GROUP else features // GROUP


def width_advice(image: ImageSpace, width: int) -> str | None:
    """A message for a width at which a block of more than `GROUP` features cannot be grouped; None for another.

    A 3×3 convolution of F features takes 9·F·F multiplications a pixel, grouped 9·F·GROUP.
    """
    widths = dict.fromkeys(pyramid(image, width).widths)  # each once
    dense = [features for features in widths if features > GROUP and groups(features) == 1]
    if not dense:
        return None
    below = width // GROUP * GROUP
    return (
        f"{width} is not a multiple of {GROUP}, so r3gan's 3×3 convolutions on {' and on '.join(map(str, dense))} "
        f"features are not grouped and take {dense[-1] / GROUP:g} times the multiplications; "
        f"choose {f'{below} or ' if below else ''}{below + GROUP}"
    )


def scaled(layer: nn.Conv1d | nn.Conv2d | nn.ConvTranspose2d | nn.Linear, gain: float = 1.0) -> nn.Module:
    """Weights from N(0, gain²/fan-in), zero biases."""
    fan_in = layer.weight[0].numel()
    if isinstance(layer, nn.ConvTranspose2d):  # inputs come first; an output pixel uses 1/stride² of the kernel
        fan_in = layer.weight[:, 0].numel() // math.prod(layer.stride)
    nn.init.normal_(layer.weight, 0.0, gain / math.sqrt(fan_in))
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


class Block(nn.Module):
    """x + conv1×1(act(conv3×3(act(conv1×1(x))))), biases only where an activation follows.

    The last convolution starts at zero and the gain of the others is scaled by L^(-1/4) for L residual branches of
    three layers (Zhang, Dauphin, Ma, "Fixup initialization", 2019, section 3). Inside, it has `expansion` times as many
    features.
    """

    def __init__(self, features: int, branches: int, expansion: int = 1) -> None:
        super().__init__()
        inside, gain = expansion * features, GAIN * branches**-0.25
        self.layers = nn.Sequential(
            scaled(Convolution(features, inside, 1), gain),
            nn.LeakyReLU(SLOPE, inplace=True),
            scaled(Convolution(inside, inside, 3, padding=1, groups=groups(inside)), gain),
            nn.LeakyReLU(SLOPE, inplace=True),
            scaled(Convolution(inside, features, 1, bias=False), 0.0),
        )

    def forward(self, x: Float[Tensor, "n f h w"]) -> Float[Tensor, "n f h w"]:
        changed: Tensor = self.layers(x)
        return x + changed


class Basis(nn.Module):
    """A learned constant of the lowest resolution, each map scaled by a linear function of z."""

    def __init__(self, latent: int, features: int, base: tuple[int, int]) -> None:
        super().__init__()
        self.constant = nn.Parameter(torch.randn(features, *base))
        self.scales = scaled(nn.Linear(latent, features, bias=False))

    def forward(self, z: Float[Tensor, "n latent"]) -> Float[Tensor, "n features h w"]:
        maps: Tensor = self.scales(z)[:, :, None, None] * self.constant
        return maps.contiguous(memory_format=torch.channels_last)


class Gather(nn.Module):
    """A weighted sum over the pixels of each map: a depthwise convolution to one pixel."""

    def __init__(self, features: int, base: tuple[int, int]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(features, *base) / math.sqrt(math.prod(base)))

    def forward(self, x: Float[Tensor, "n features h w"]) -> Float[Tensor, "n features"]:
        return (x * self.weight).sum((2, 3))  # the second derivative of a grouped convolution would loop over groups


class Everywhere(nn.Module):
    """The sum over the pixels of each map, over the root of their number, so that its variance is that of one pixel.

    A linear layer on it gives a mean of logits of overlapping patches, times a constant (Isola et al., 2017, section
    3.2.2).
    """

    def forward(self, x: Float[Tensor, "n features h w"]) -> Float[Tensor, "n features"]:
        return x.sum((2, 3)) / math.sqrt(x[0, 0].numel())


class _Clip(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.clamp(-1, 1)

    @staticmethod
    def backward(ctx: FunctionCtx, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors  # type: ignore[attr-defined]
        inward = BACK * gradient * (x * gradient > 0)
        return torch.where(x.abs() <= 1, gradient, inward)


class Clip(nn.Module):
    """x clipped to [-1, 1]. Outside this range, a small share of the gradient passes if it leads back into the range.

    If no gradient passed, a generator whose images are all black could not learn any more. If the whole gradient
    passed, its noise would turn black into grey. A gradient that leads further out never passes: it would never stop.
    """

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        clipped: Tensor = _Clip.apply(x)  # type: ignore[no-untyped-call]
        return clipped


class Generator(nn.Module):
    """Latents to images, clipped to [-1, 1].

    The paper's output is not bounded. A tanh never reaches -1 and 1, which leaves a grey halo around every stroke.
    """

    width_advice = staticmethod(width_advice)

    def __init__(self, image: ImageSpace, latent: int, width: int, classes: int = 0) -> None:
        super().__init__()
        maps = pyramid(image, width)
        widths = maps.widths[::-1]
        self.condition = Condition(latent, classes)
        layers: list[nn.Module] = [Basis(self.condition.features, widths[0], maps.base)]
        layers += [Block(widths[0], len(widths))]
        for before, after in pairwise(widths):
            layers += [scaled(Convolution(before, after, 1, bias=False)), nn.Upsample(scale_factor=2)]
            layers += [Block(after, len(widths))]
        layers += [scaled(nn.ConvTranspose2d(widths[-1], image.channels, 4, stride=2, padding=1))]
        layers += [*maps.crop(), Clip()]
        self.layers = nn.Sequential(*layers)

    def forward(
        self, z: Float[Tensor, "n latent"], labels: Int64[Tensor, " n"] | None = None
    ) -> Float[Tensor, "n c h w"]:
        images: Tensor = self.layers(self.condition(z, labels))
        return images


class Discriminator(LayeredDiscriminator):
    """Images to logits. With `patches` the logit is a mean over patches, wherever in the image they are."""

    width_advice = staticmethod(width_advice)

    def __init__(self, image: ImageSpace, width: int, classes: int = 0, patches: bool = False) -> None:
        maps = pyramid(image, width)
        widths = maps.widths
        layers: list[nn.Module] = [*maps.pad(), scaled(Convolution(image.channels, width, 4, stride=2, padding=1))]
        for before, after in pairwise(widths):
            layers += [Block(before, len(widths)), nn.AvgPool2d(2), scaled(Convolution(before, after, 1, bias=False))]
        features = widths[-1]
        layers += [Block(features, len(widths)), Everywhere() if patches else Gather(features, maps.base)]
        layers += [scaled(nn.Linear(features, 1))]
        super().__init__(layers, features, classes)
