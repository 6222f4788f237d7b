"""Training of the classifier: seeded by step, so that the same parameters and data give the same features."""

import math
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from torch.nn.functional import cross_entropy

from nashgan.features.classifier import Classifier
from nashgan.features.params import ClassifierParams
from nashgan.records.examples import Examples
from nashgan.runtime.errors import UserError
from nashgan.runtime.progress import progress
from nashgan.runtime.randomness import derive_seed
from nashgan.spaces.image import ImageSpace

SHIFT = 2  # pixels, the largest random shift of a training image of 32 pixels a side
WARM_UP = 0.1  # share of the steps in which the learning rate rises
WEIGHT_DECAY = 1e-2
ROTATIONS = ["0", "90", "180", "270"]  # degrees, the classes where there are no labels


def train_classifier(data: Examples, classes: list[str], params: ClassifierParams, device: torch.device) -> Classifier:
    """Train on `data`; without labels, `classes` must be `ROTATIONS`. Raises UserError for fewer than two images.

    AdamW with a linear warm-up and a cosine decay to zero, over `params.images` images; random shifts, and random
    quarter turns where they are the task.
    """
    batch = min(params.batch, len(data))
    if batch < 2:
        raise UserError(f"data/splits: the classifier needs at least 2 training images, there are {len(data)}")
    image = ImageSpace(*data.values.shape[1:])
    steps = math.ceil(params.images / batch)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(params.seed, "classifier", "init"))
        module = Classifier(image, len(classes))
    module.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(module.parameters(), lr=params.lr, weight_decay=WEIGHT_DECAY)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step / steps))
    with progress("classifier", steps * batch) as advance:
        for step in range(steps):
            images, labels = training_batch(data, batch, step, params.seed)
            logits = module(torch.from_numpy(images).to(device))
            loss = cross_entropy(logits, torch.from_numpy(labels).to(device))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            scheduler.step()
            advance(batch, loss=float(loss.detach()))
    return module.eval()


def training_batch(
    data: Examples, batch: int, step: int, seed: int
) -> tuple[UInt8[np.ndarray, "n c h w"], Int64[np.ndarray, " n"]]:
    """The batch of `step`: a piece of the epoch's order, shifted, and turned where there are no labels."""
    epoch, place = divmod(step, len(data) // batch)
    index = _order(seed, epoch, len(data))[place * batch : (place + 1) * batch]
    random = np.random.default_rng(derive_seed(seed, "classifier", "augmentation", step))
    images = data.values[index]
    if data.labels is not None:
        labels = np.asarray(data.labels[index])
    else:
        labels = random.integers(0, 4, batch)
        images = turn(images, labels)
    return shift(images, random.integers(-reach(images), reach(images) + 1, (batch, 2))), labels


@lru_cache(maxsize=1)  # asked for by each step of an epoch
def _order(seed: int, epoch: int, count: int) -> Int64[np.ndarray, " n"]:
    return np.random.default_rng(derive_seed(seed, "classifier", "order", epoch)).permutation(count)


def reach(images: UInt8[np.ndarray, "n c h w"]) -> int:
    """The largest random shift, in pixels, in proportion to the image's shorter side."""
    size: int = min(images.shape[-2:])
    return max(1, round(SHIFT * size / 32))


def shift(images: UInt8[np.ndarray, "n c h w"], by: Int64[np.ndarray, "n 2"]) -> UInt8[np.ndarray, "n c h w"]:
    """Move image i down by ``by[i, 0]`` and right by ``by[i, 1]`` pixels; the border's pixels are repeated."""
    rows, columns = (
        np.clip(np.arange(side) - by[:, [axis]], 0, side - 1) for axis, side in enumerate(images.shape[-2:])
    )
    n, c = (np.arange(length) for length in images.shape[:2])
    shifted: np.ndarray = images[
        n[:, None, None, None], c[:, None, None], rows[:, None, :, None], columns[:, None, None, :]
    ]
    return shifted


def turn(images: UInt8[np.ndarray, "n c h w"], quarters: Int64[np.ndarray, " n"]) -> UInt8[np.ndarray, "n c s s"]:
    """Turn the square in the middle of image i by ``quarters[i]`` quarter turns against the clock.

    A turned rectangle would be told by its form. The classifier's convolutions take images of any proportions.
    """
    height, width = images.shape[-2:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    images = images[:, :, top : top + side, left : left + side]
    turned = np.empty_like(images)
    for quarter in range(4):
        turned[quarters == quarter] = np.rot90(images[quarters == quarter], quarter, axes=(2, 3))
    return turned


def _rate(way: float) -> float:
    return min(1.0, way / WARM_UP + 1e-3) * 0.5 * (1 + math.cos(math.pi * way))
