"""Training of the classifier: seeded by step, so that the same parameters and data give the same features.

It ends when it has converged on the validation split, or when its budget is used up.
"""

import math
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float64, Int64, UInt8
from torch.nn.functional import cross_entropy

from nashgan.features.classifier import Classifier, predict
from nashgan.features.params import ClassifierParams
from nashgan.records.examples import Examples
from nashgan.runtime.errors import UserError
from nashgan.runtime.progress import progress
from nashgan.runtime.randomness import derive_seed
from nashgan.spaces.image import ImageSpace

SHIFT = 2  # pixels, the largest random shift of a training image of 32 pixels a side
FIRST, GROWTH = 10_000, 3  # images of the first cycle; how many times as long as the one before each further one is
WARM_UP = 0.1  # share of a cycle's steps in which the learning rate rises
WEIGHT_DECAY = 1e-2
ROTATIONS = ["0", "90", "180", "270"]  # degrees, the classes where there are no labels


def train_classifier(data: Examples, classes: list[str], params: ClassifierParams, device: torch.device) -> Classifier:
    """Train on `data` for `params.images`; without labels, `classes` must be `ROTATIONS`.

    AdamW with a linear warm-up and a cosine decay to zero; random shifts, and random quarter turns where they are the
    task. Raises UserError for fewer than two images.
    """
    training = _Training(data, classes, params, device)
    training.cycle(params.images)
    return training.module.eval()


def train_to_convergence(
    data: Examples,
    validation: Examples,
    classes: list[str],
    params: ClassifierParams,
    device: torch.device,
    each: int = 1,
) -> tuple[Classifier, int, bool | None]:
    """As `train_classifier`, in cycles, for at most `params.images`; also the images seen, and whether it converged.

    Each cycle goes on with the weights of the one before, has `GROWTH` times its length, and its own warm-up and decay
    (Loshchilov and Hutter, 2017). The training has converged when a cycle raises the accuracy on `validation` by no
    more than the standard error of the difference. `each` images belong together, as the frames of a clip do: the
    answers to them are not independent. The weights with the highest accuracy are the result. Where there are no
    validation images, it is trained as by `train_classifier`, and None says that nothing tells whether it converged.
    """
    if not len(validation):
        return train_classifier(data, classes, params, device), params.images, None
    training = _Training(data, classes, params, device)
    best, best_error, converged = -1.0, 0.0, False
    kept: dict[str, torch.Tensor] = {}
    for images in cycles(params.images):
        training.cycle(images)
        right = right_answers(training.module.eval(), validation, device)
        of_examples = right.reshape(-1, each).mean(axis=1)
        found, error = float(right.mean()), float(of_examples.var()) / len(of_examples)
        converged = found - best <= math.sqrt(error + best_error) if kept else False
        if found >= best:
            best, best_error = found, error
            kept = {name: value.clone() for name, value in training.module.state_dict().items()}
        if converged:
            break
    training.module.load_state_dict(kept)
    return training.module.eval(), training.step * training.batch, converged


def cycles(budget: int) -> list[int]:
    """The images of each cycle. The last one takes all that is left, where no further one would fit."""
    lengths: list[int] = []
    while (left := budget - sum(lengths)) > 0:
        length = FIRST * GROWTH ** len(lengths)
        lengths.append(length if left >= (1 + GROWTH) * length else left)
    return lengths


class _Training:
    """A classifier in training: its network, its optimizer, and the number of steps so far."""

    def __init__(self, data: Examples, classes: list[str], params: ClassifierParams, device: torch.device) -> None:
        self.data, self.params, self.device = data, params, device
        self.batch = min(params.batch, len(data))
        if self.batch < 2:
            raise UserError(f"data/splits: the classifier needs at least 2 training images, there are {len(data)}")
        image = ImageSpace(*data.values.shape[1:])
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive_seed(params.seed, "classifier", "init"))
            self.module = Classifier(image, len(classes))
        self.module.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizer = torch.optim.AdamW(self.module.parameters(), lr=params.lr, weight_decay=WEIGHT_DECAY)
        self.step = 0

    def cycle(self, images: int) -> None:
        """Train for `images` more, from the lowest learning rate up to the highest and down to zero."""
        self.module.train()
        steps = math.ceil(images / self.batch)
        with progress("classifier", steps * self.batch) as advance:
            for step in range(steps):
                for group in self.optimizer.param_groups:
                    group["lr"] = self.params.lr * _rate(step / steps)
                inputs, labels = training_batch(self.data, self.batch, self.step, self.params.seed)
                logits = self.module(torch.from_numpy(inputs).to(self.device))
                loss = cross_entropy(logits, torch.from_numpy(labels).to(self.device))
                self.optimizer.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
                self.optimizer.step()
                self.step += 1
                advance(self.batch, loss=float(loss.detach()))


def right_answers(module: Classifier, data: Examples, device: torch.device) -> Float64[np.ndarray, " n"]:
    """Whether each image is classified right, 0 or 1; without labels, the share of its four quarter turns that is."""
    images, labels, turns = np.asarray(data.values), data.labels, 1
    if labels is None:
        turns = 4
        labels = np.repeat(np.arange(turns), len(images))
        images = turn(np.concatenate([images] * turns), labels)
    right = predict(module, images, device).argmax(axis=1) == labels
    shares: np.ndarray = right.reshape(turns, -1).mean(axis=0)
    return shares


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

    The turn of a rectangle could be seen from its proportions. The classifier's convolutions take images of any
    proportions.
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
