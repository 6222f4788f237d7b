"""The watchdog: knows the ways a game goes wrong, from what is measured anyway."""

import math
import statistics
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Int64, UInt8

from nashgan.params import WatchdogParams

MEDIAN_OF = 5  # rows before a gradient norm can be called an explosion
SETTLED = 20_000  # images before which samples are alike because nothing has been learned yet
WON = 0.01  # D has won when its loss is this share of what it is for a D that tells nothing apart …
WON_FOR = 5  # … in as many rows in turn
SEVERAL = 3.0  # classes that real images must show in effect before a lack of classes means anything


@dataclass(frozen=True)
class Event:
    """Something that went wrong: `kind` is non_finite, explosion, collapse, few_classes or d_won."""

    images: int
    kind: str
    detail: str

    @property
    def fatal(self) -> bool:
        """Whether going on makes no sense: the loop goes back to a checkpoint."""
        return self.kind in ("non_finite", "explosion")


def broken_row(rows: list[dict[str, float]], params: WatchdogParams) -> Event | None:
    """A value that is not finite in the last row, or a gradient norm far above the median of those before."""
    *former, row = rows
    images = int(row["images"])
    if wrong := [name for name, value in row.items() if not math.isfinite(value)]:
        return Event(images, "non_finite", f"{', '.join(wrong)} not finite")
    for name in (name for name in row if name.startswith("grad_norm")):
        if len(former) < MEDIAN_OF:
            break
        median = statistics.median(earlier[name] for earlier in former)
        if row[name] > params.explosion * median > 0:
            return Event(images, "explosion", f"{name} is {row[name]:.3g}, its median was {median:.3g}")
    return None


def lopsided(rows: list[dict[str, float]], indifferent: float) -> Event | None:
    """D won outright: its loss has been next to nothing. `indifferent` is the loss of a D that says 0 to all.

    None where that is 0: the loss of a critic of the Wasserstein distance has no end that it could reach.
    """
    last = rows[-WON_FOR:]
    if (
        indifferent > 0
        and len(last) == WON_FOR
        and all(row.get("d_loss", math.inf) < WON * indifferent for row in last)
    ):
        detail = f"d_loss is {last[-1]['d_loss']:.2g}, without telling anything apart it would be {indifferent:.2g}"
        return Event(int(last[-1]["images"]), "d_won", detail)
    return None


def collapsed(
    samples: UInt8[np.ndarray, "n c h w"],
    spread: float,
    images: int,
    params: WatchdogParams,
    labels: Int64[np.ndarray, " n"] | None = None,
) -> Event | None:
    """Samples much more alike than real images are: the mean distance of pairs, as a share of the real `spread`.

    Both are of pairs of one class where samples are drawn for given classes: one image a class is a collapse too.
    """
    share = pairwise_distance(samples, labels) / spread if spread else 1.0
    if images >= SETTLED and share < params.collapse:
        what = "samples" if labels is None else "samples of a class"
        return Event(images, "collapse", f"{what} differ by {share:.0%} of what real images differ by")
    return None


class Predictions(NamedTuple):
    """The classes that a classifier sees in samples and in as many real images, and their names."""

    predicted: Int64[np.ndarray, " n"]
    real: Int64[np.ndarray, " n"]
    names: list[str]


def few_classes(predictions: Predictions, images: int, params: WatchdogParams) -> Event | None:
    """Samples of much fewer classes than as many real images show, by a classifier's judgement of both.

    Counted are classes in effect, exp(entropy of the histogram): 1 for a single class, k for k that are as frequent,
    and a class of a few images counts for little. The threshold is the share ``params.collapse`` of what real images
    have beyond the one class that every set shows: of 10 balanced classes 2.7 in effect. 64 healthy samples of them
    show 9.3 ± 0.3, so that chance gives no alarm, and samples of two classes always do. Equal numbers of images give
    both counts the same bias, which is large where there are more classes than images. None where real images
    themselves show fewer than `SEVERAL`, because chance alone then moves the share by much.
    """
    predicted, real, names = predictions
    several, shown = effective_classes(real), effective_classes(predicted)
    if images < SETTLED or several < SEVERAL or shown - 1 >= params.collapse * (several - 1):
        return None
    counts = np.bincount(predicted, minlength=len(names))
    most = f"{counts.max() / len(predicted):.0%} of the samples are taken for {names[int(counts.argmax())]!r}"
    return Event(images, "few_classes", f"{most}; classes in effect: {shown:.1f}, of real images {several:.1f}")


def effective_classes(classes: Int64[np.ndarray, " n"]) -> float:
    """exp of the entropy of the histogram of `classes`: how many classes, all as frequent, have the same entropy."""
    shares = np.bincount(classes)[np.unique(classes)] / len(classes)
    return math.exp(-float(shares @ np.log(shares)))


def pairwise_distance(images: UInt8[np.ndarray, "n c h w"], labels: Int64[np.ndarray, " n"] | None = None) -> float:
    """Mean Euclidean distance of all pairs, in units of a pixel's range; 0 for fewer than two images.

    With `labels`, of the pairs of one class, or of all where no two images are of one.
    """
    if len(images) < 2:
        return 0.0
    flat = torch.from_numpy(np.array(images).reshape(len(images), -1)).float() / 255
    distances = torch.pdist(flat)
    if labels is not None:
        one, other = np.triu_indices(len(labels), 1)  # pdist's order
        alike = torch.from_numpy(labels[one] == labels[other])
        distances = distances[alike] if alike.any() else distances
    return float(distances.mean())
