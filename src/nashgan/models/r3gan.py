"""R3GAN: Huang, Gokaslan, Kuleshov, Tompkin, "The GAN is dead; long live the GAN!", 2024, section 4.

No normalisation anywhere. Both players are pyramids of residual blocks of pointwise, grouped, pointwise convolutions;
resampling stands outside of them, with a pointwise convolution on the side of the lower resolution. Made for
relativistic pairing with the penalty on both gradients. What differs from the paper's networks, mostly to train on a
CPU: one block a resolution (theirs two), blocks no wider inside than outside (theirs twice as wide); no block at the
images' own resolution, but one strided convolution, with a bias, to the next (theirs a pointwise one without); pixels
repeated or averaged (theirs interpolated bilinearly); clipped images and a bias before the logit; and labels
projected on features beside an unconditional logit (theirs are the only way to it).
"""

import math
from itertools import pairwise

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx

from nashgan.models.conditional import Condition
from nashgan.models.discriminator import LayeredDiscriminator
from nashgan.spaces.image import ImageShape, pyramid_widths

SLOPE = 0.2  # of the leaky ReLU below zero
GAIN = math.sqrt(2 / (1 + SLOPE**2))  # keeps the variance across it (He et al., 2015)
BACK = 0.05  # of a gradient that leads back from where an image is clipped
GROUP = 16  # features that one 3×3 convolution looks at


def _scaled(layer: nn.Conv2d | nn.ConvTranspose2d | nn.Linear, gain: float = 1.0) -> nn.Module:
    """Weights from N(0, gain²/fan-in), zero biases."""
    fan_in = layer.weight[0].numel()
    if isinstance(layer, nn.ConvTranspose2d):  # inputs first; a pixel meets a quarter of the kernel at stride 2
        fan_in = layer.weight[:, 0].numel() // math.prod(layer.stride)
    nn.init.normal_(layer.weight, 0.0, gain / math.sqrt(fan_in))
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


class Block(nn.Module):
    """x + conv1×1(act(conv3×3(act(conv1×1(x))))), biases only where an activation follows.

    The last convolution starts at zero and the gain of the others is scaled by L^(-1/4) for L residual branches of
    three layers (Zhang, Dauphin, Ma, "Fixup initialization", 2019, section 3).
    """

    def __init__(self, features: int, branches: int) -> None:
        super().__init__()
        groups = features // GROUP if features % GROUP == 0 else 1
        gain = GAIN * branches**-0.25
        self.layers = nn.Sequential(
            _scaled(nn.Conv2d(features, features, 1), gain),
            nn.LeakyReLU(SLOPE, inplace=True),
            _scaled(nn.Conv2d(features, features, 3, padding=1, groups=groups), gain),
            nn.LeakyReLU(SLOPE, inplace=True),
            _scaled(nn.Conv2d(features, features, 1, bias=False), 0.0),
        )

    def forward(self, x: Float[Tensor, "n f h w"]) -> Float[Tensor, "n f h w"]:
        changed: Tensor = self.layers(x)
        return x + changed


class Basis(nn.Module):
    """A learned constant of 4×4 pixels, each map scaled by a linear function of z."""

    def __init__(self, latent: int, features: int) -> None:
        super().__init__()
        self.constant = nn.Parameter(torch.randn(features, 4, 4))
        self.scales = _scaled(nn.Linear(latent, features, bias=False))

    def forward(self, z: Float[Tensor, "n latent"]) -> Float[Tensor, "n features 4 4"]:
        maps: Tensor = self.scales(z)[:, :, None, None] * self.constant
        return maps.contiguous(memory_format=torch.channels_last)


class Gather(nn.Module):
    """A weighted sum over the 4×4 pixels of each map: a depthwise convolution to one pixel."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(features, 4, 4) / 4)

    def forward(self, x: Float[Tensor, "n features 4 4"]) -> Float[Tensor, "n features"]:
        return (x * self.weight).sum((2, 3))  # as a grouped convolution its second derivative is a loop over groups


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
    """x clipped to [-1, 1]. Beyond, a small share of the gradients that lead back in passes.

    With none of them, a generator that is all black cannot learn any more. With all of them, the noise of the gradients
    turns black into grey; and those that lead further out would do so without end.
    """

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        clipped: Tensor = _Clip.apply(x)  # type: ignore[no-untyped-call]
        return clipped


class Generator(nn.Module):
    """Latents to images in [-1, 1], clipped there, as scans are clipped at black and at white.

    The paper's output is not bounded. A tanh reaches its bounds nowhere, which leaves a grey halo around every stroke.
    """

    def __init__(self, image: ImageShape, latent: int, width: int, classes: int = 0) -> None:
        super().__init__()
        widths = pyramid_widths(image, width)[::-1]
        self.condition = Condition(latent, classes)
        layers: list[nn.Module] = [Basis(self.condition.features, widths[0]), Block(widths[0], len(widths))]
        for before, after in pairwise(widths):
            layers += [_scaled(nn.Conv2d(before, after, 1, bias=False)), nn.Upsample(scale_factor=2)]
            layers += [Block(after, len(widths))]
        layers += [_scaled(nn.ConvTranspose2d(widths[-1], image.channels, 4, stride=2, padding=1)), Clip()]
        self.layers = nn.Sequential(*layers)

    def forward(
        self, z: Float[Tensor, "n latent"], labels: Int64[Tensor, " n"] | None = None
    ) -> Float[Tensor, "n c h w"]:
        images: Tensor = self.layers(self.condition(z, labels))
        return images


class Discriminator(LayeredDiscriminator):
    """Images to logits."""

    def __init__(self, image: ImageShape, width: int, classes: int = 0) -> None:
        widths = pyramid_widths(image, width)
        layers: list[nn.Module] = [_scaled(nn.Conv2d(image.channels, width, 4, stride=2, padding=1))]
        for before, after in pairwise(widths):
            layers += [Block(before, len(widths)), nn.AvgPool2d(2), _scaled(nn.Conv2d(before, after, 1, bias=False))]
        features = widths[-1]
        layers += [Block(features, len(widths)), Gather(features), _scaled(nn.Linear(features, 1))]
        super().__init__(layers, features, classes)
