"""A discriminator that learns from one half of two sets of images, and is tested on the other half."""

import numpy as np
import torch
from jaxtyping import UInt8

from nashgan.evaluation.feature_metrics import Metrics, measured
from nashgan.features.judge import train_judge
from nashgan.features.reference import content_digest, content_order
from nashgan.metrics.interval import Estimate
from nashgan.metrics.judged import judged
from nashgan.records.examples import Examples
from nashgan.runtime.errors import UserError
from nashgan.runtime.randomness import derive_seed

FEWEST = 20  # images of each set: half of them to learn from


def measure_judge(
    real: UInt8[np.ndarray, "n c h w"],
    images: UInt8[np.ndarray, "_ _ _ _"],
    other_real: UInt8[np.ndarray, "_ _ _ _"] | None,
    seed: int,
    device: torch.device,
) -> Metrics:
    """Accuracy and area under the ROC curve on the held-out halves; the floor is that of `other_real`.

    Of the larger set, only as many images are used as the smaller one has. Raises UserError for images of different
    shapes, or too few.
    """
    found = told_apart(real, images, seed, device)
    count = min(len(real), len(images))
    if other_real is not None and len(other_real) < count:
        raise UserError(
            f"judge: the floor needs {count} other real images, as many as are compared; {len(other_real)} given"
        )
    floors = {} if other_real is None else told_apart(real, other_real[content_order(other_real)[:count]], seed, device)
    line = f"judge seed={seed} n={count} held-out={count - count // 2} real=images:{content_digest(real)[:8]}"
    return {name: measured(estimate, floors.get(name), count, line) for name, estimate in found.items()}


def told_apart(
    real: UInt8[np.ndarray, "n c h w"], images: UInt8[np.ndarray, "_ _ _ _"], seed: int, device: torch.device
) -> dict[str, Estimate]:
    """Accuracy and area under the ROC curve, without a floor. They do not depend on the order of the images.

    Raises UserError for images of different shapes, or too few.
    """
    if real.shape[1:] != images.shape[1:]:
        raise UserError(
            f"judge: images of {real.shape[1:]} and of {images.shape[1:]} (channels, height, width); give both sets "
            "one size: --size does it to pictures, not to arrays"
        )
    count = min(len(real), len(images))
    if count < FEWEST:
        raise UserError(f"judge: {count} images are too few to learn from and to test on; give at least {FEWEST} a set")
    halves = []
    for name, one in (("real", real), ("images", images)):
        random = np.random.default_rng(derive_seed(seed, "judge", name))
        shuffled = one[content_order(one)][random.permutation(len(one))[:count]]
        halves.append((shuffled[: count // 2], shuffled[count // 2 :]))
    (learnt_real, tested_real), (learnt, tested) = halves
    judge = train_judge(learnt_real, learnt, seed, device)
    return judged(judge.logits(Examples(tested_real)), judge.logits(Examples(tested)))
