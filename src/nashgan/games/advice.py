"""What a discriminator would change: in an image along the gradient of its score, and in a generator's weights.

The score lies in [0, 1] and rises with the logit: a probability where the loss gives one, else the share of real
images with a lower logit. The gradient is the logit's; both have the same sign in every pixel.
"""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

Examples = Float[Tensor, "n ..."]
Labels = Int64[Tensor, " n"] | None
Judge = Callable[[Examples], Float[Tensor, " n"]]  # examples as the players see them, to logits
Scores = Float[np.ndarray, " n"]

RISES = 6  # how often the asked rise is doubled: by, 2 by, 4 by …
LINES = 40  # straight lines from one score to the next, at most
DOUBLINGS = 14  # of a line's length
BISECTIONS = 12  # of the last doubling
PIXELS = 2.0**-10  # root mean square over the pixels of the shortest move that is tried; 2 is from black to white
WEIGHTS = 2.0**-12  # the same of a generator's weights, over their own root mean square
CLOSE = 1e-9  # a target is reached up to rounding


@dataclass(frozen=True)
class Score:
    """From logits to [0, 1]: the share of `real` logits below; a probability where there are none."""

    real: Float[np.ndarray, " m"] | None = None

    def __call__(self, logits: Float[Tensor, " n"]) -> Scores:
        found = logits.detach().double().cpu()
        if self.real is None:
            return found.sigmoid().numpy()
        return np.searchsorted(np.sort(self.real.astype(np.float64)), found.numpy(), side="left") / len(self.real)


@dataclass(frozen=True)
class Step:
    """An image on the way along the gradient, as the players see it, in [-1, 1]."""

    image: Float[Tensor, "1 ..."]
    logit: float
    score: float


@dataclass(frozen=True)
class Lesson:
    """What a generator draws from the same latents before and after one step of its weights."""

    before: Float[Tensor, "n ..."]
    after: Float[Tensor, "n ..."]
    scores_before: Scores
    scores_after: Scores
    change: float  # root mean square of the step over that of the weights


def slope(judge: Judge, image: Float[Tensor, "1 ..."]) -> Float[Tensor, "1 ..."]:
    """The gradient of the logit with respect to the pixels."""
    point = image.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(judge(point).sum(), point)
    return gradient


def moved(image: Float[Tensor, "1 ..."], gradient: Float[Tensor, "1 ..."], length: float) -> Float[Tensor, "1 ..."]:
    """`image` moved by `length`, a root mean square over its pixels, along `gradient`; pixels stay in [-1, 1]."""
    size = gradient.square().mean().sqrt()
    if not length or not size:
        return image
    return (image + length / size * gradient).clamp(-1, 1)


def advise(judge: Judge, score: Score, image: Float[Tensor, "1 ..."], by: float, rises: int = RISES) -> list[Step]:
    """The image, and what it becomes where its score has risen by `by`, 2 `by`, 4 `by` … along the gradient.

    The list ends where a score cannot be reached. With `by` 0 every step is the image itself.
    """
    steps = [_step(judge, score, image)]
    start = steps[0].score
    for rise in range(rises):
        target = start + by * 2**rise
        if target > 1:
            break
        steps.append(_climb(judge, score, steps[-1], target))
        if steps[-1].score < target - CLOSE:
            break
    return steps


def learn(
    generator: nn.Module,
    judge: Callable[[Examples, Labels], Float[Tensor, " n"]],
    score: Score,
    z: Float[Tensor, "n latent"],
    labels: Labels,
    by: float,
) -> Lesson:
    """One step of the generator's weights along the gradient of the mean logit of what it draws from `z`.

    It is as long as the mean score needs to rise by `by`, or as long as it rises most. `generator` is not changed.
    """
    pupil = copy.deepcopy(generator).eval().requires_grad_(True)
    weights = [weight for weight in pupil.parameters() if weight.requires_grad]
    logits = judge(pupil(z, labels), labels)
    found = torch.autograd.grad(logits.mean(), weights, allow_unused=True)
    gradients = [torch.zeros_like(w) if g is None else g for w, g in zip(weights, found, strict=True)]
    start = [weight.detach().clone() for weight in weights]
    unit = _size(start) / max(_size(gradients), torch.finfo(torch.float32).tiny)

    @torch.no_grad()
    def drawn(length: float) -> tuple[Examples, Float[Tensor, " n"]]:
        for weight, origin, gradient in zip(weights, start, gradients, strict=True):
            weight.copy_(origin + length * unit * gradient)
        images = pupil(z, labels)
        return images, judge(images, labels)

    def value(length: float) -> tuple[float, float]:
        found = drawn(length)[1]
        return float(score(found).mean()), float(found.mean())

    before, old = drawn(0.0)
    length = reach(value, float(score(old).mean()) + by, WEIGHTS)
    after, new = drawn(length)
    return Lesson(before.cpu(), after.cpu(), score(old), score(new), length)


def reach(value: Callable[[float], tuple[float, float]], target: float, shortest: float) -> float:
    """The length at which the first of `value`'s two numbers reaches `target`, up to a bisection's precision.

    Where no length reaches it: the length at the first maximum, or 0 where no length gives more than 0 does.
    """
    best, at = value(0.0), 0.0
    if best[0] >= target - CLOSE:
        return 0.0
    for doubling in range(DOUBLINGS):
        length = shortest * 2**doubling
        found = value(length)
        if found[0] >= target - CLOSE:
            return _bisected(value, target, length / 2 if doubling else 0.0, length)
        if found > best:
            best, at = found, length
        elif at:  # past a maximum; a higher one may follow, but far away
            break
    return at


def _bisected(value: Callable[[float], tuple[float, float]], target: float, low: float, high: float) -> float:
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (low, middle) if value(middle)[0] >= target - CLOSE else (middle, high)
    return high


def _climb(judge: Judge, score: Score, start: Step, target: float) -> Step:
    """Along the gradient, in straight lines, until the score reaches `target` or rises no more."""
    here = start
    for _ in range(LINES):
        if here.score >= target - CLOSE:
            break
        image, gradient = here.image, slope(judge, here.image)

        def value(length: float, image: Tensor = image, gradient: Tensor = gradient) -> tuple[float, float]:
            step = _step(judge, score, moved(image, gradient, length))
            return step.score, step.logit

        length = reach(value, target, PIXELS)
        if not length:
            break
        here = _step(judge, score, moved(image, gradient, length))
    return here


@torch.no_grad()
def _step(judge: Judge, score: Score, image: Float[Tensor, "1 ..."]) -> Step:
    logits = judge(image)
    return Step(image, float(logits), float(score(logits)[0]))


def _size(tensors: list[Tensor]) -> float:
    """The root mean square over all numbers."""
    squares = sum(float(tensor.double().square().sum()) for tensor in tensors)
    return math.sqrt(squares / max(1, sum(tensor.numel() for tensor in tensors)))
