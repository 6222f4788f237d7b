"""Degrading: images, or clips, to what a generator is given of them. What is lost is a function of (seed, index)."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Int64, UInt8
from torch import Tensor
from torch.nn.functional import avg_pool2d

from nashgan.records.degradation import Degradation, Kind
from nashgan.records.examples import Examples
from nashgan.records.given import Given
from nashgan.runtime.randomness import derive_seed

LUMA = (0.299, 0.587, 0.114)  # weights of red, green and blue (ITU-R BT.601)
HIDDEN = 0.5  # brightness of what is masked: half-way between black and white


def degrade(
    images: UInt8[Tensor, "n *frames c h w"], how: Degradation, seed: int, first: int = 0
) -> UInt8[Tensor, "n *frames c h w"]:
    """Degraded images or clips, of the same shape. Brightness outside of the range is cut off.

    `small` images are enlarged again by repeating pixels. `grey` images have three equal channels. The random numbers
    of the i-th example are a function of (`seed`, `first` + i), and do not depend on the other examples. Every frame of
    a clip has noise of its own. The masked box has the same place in all frames of a clip.
    """
    values = images.float() / 255
    for kind in how.kinds:
        if kind == "grey":
            luma = torch.einsum("...chw,c->...hw", values[..., :3, :, :], values.new_tensor(LUMA))
            values[..., :3, :, :] = luma.unsqueeze(-3)
        elif kind == "small":
            small = avg_pool2d(values.flatten(0, -4), how.shrink or 1)
            values = small.reshape(*values.shape[:-3], *small.shape[1:])
        elif kind == "noisy":
            random = _random(seed, kind, first, len(images))
            noise = torch.stack([torch.randn(values.shape[1:], generator=one) for one in random])
            values = values + (how.noise or 0) * noise.to(values.device)
    if "small" in how.kinds:
        values = values.repeat_interleave(how.shrink or 1, -2).repeat_interleave(how.shrink or 1, -1)
    if "masked" in how.kinds:
        boxes = hidden(images, how, seed, first)
        values = torch.where(boxes if images.ndim == 4 else boxes[:, None], values.new_tensor(HIDDEN), values)
    return values.clamp(0, 1).mul(255).round().to(torch.uint8)


def hidden(
    images: UInt8[Tensor, "n *frames c h w"], how: Degradation, seed: int, first: int = 0
) -> Bool[Tensor, "n 1 h w"]:
    """Where `degrade` masks the images: true inside of a box at a random place, the same in all frames of a clip."""
    side, (height, width) = how.mask or 0, images.shape[-2:]
    marked = torch.zeros(len(images), 1, height, width, dtype=torch.bool, device=images.device)
    for image, one in zip(marked, _random(seed, "masked", first, len(images)), strict=True):
        top, left = (int(torch.randint(room - side + 1, (), generator=one)) for room in (height, width))
        image[:, top : top + side, left : left + side] = True
    return marked


def _random(seed: int, kind: Kind, first: int, count: int) -> list[torch.Generator]:
    """A generator of random numbers for each image."""
    return [torch.Generator().manual_seed(derive_seed(seed, kind, first + index)) for index in range(count)]


@dataclass(frozen=True)
class GivenImages:
    """Images or clips to degrade, or images to translate. Example i is made of image i modulo their number."""

    images: Examples
    how: Given
    classes: int = 0  # how many classes the labels have

    def indices(self, start: int, count: int) -> Int64[np.ndarray, " count"]:
        """The indices of the images that the examples from `start` to `start` + `count` - 1 are made of."""
        return np.arange(start, start + count) % len(self.images)

    def true(self, start: int, count: int) -> UInt8[np.ndarray, "count *frames c h w"]:
        """The true images of these examples."""
        found: UInt8[np.ndarray, "count *frames c h w"] = np.array(self.images.values[self.indices(start, count)])
        return found

    def degraded(self, seed: int, start: int, count: int) -> UInt8[Tensor, "count *frames c h w"]:
        """What a generator is given of them: degraded images. Images to translate are not changed."""
        images = torch.from_numpy(self.true(start, count))
        if not isinstance(self.how, Degradation):
            return images
        return degrade(images, self.how, derive_seed(seed, "given"), start)

    def hidden(self, seed: int, count: int) -> Bool[Tensor, "count 1 h w"] | None:
        """Where the first `count` examples are masked; None where nothing is masked."""
        if not isinstance(self.how, Degradation) or self.how.mask is None:
            return None
        return hidden(torch.from_numpy(self.true(0, count)), self.how, derive_seed(seed, "given"))
