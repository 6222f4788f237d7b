"""The watchdog: it reports what goes wrong in a training, from numbers that are measured anyway."""

import math
import statistics
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Int64, Shaped

from nashgan.records.history import IMAGES, Row, score_column
from nashgan.records.train_run import PATIENCE, WatchdogEvent
from nashgan.training.params import WatchdogParams

MEDIAN_OF = 5  # rows that must exist before a gradient norm can be called an explosion
SETTLED = 20_000  # images; before, samples are alike because the generator has learned little
WON = 0.01  # D has won when its loss is below this share of the loss of a D that tells nothing apart …
WON_FOR = 5  # … in so many rows in a row
SEVERAL = 3.0  # with fewer effective classes among the real images, a lack of classes is not reported


def broken_row(rows: list[dict[str, float]], params: WatchdogParams) -> WatchdogEvent | None:
    """An event if the last row has a value that is not finite, or a gradient norm far above its earlier median."""
    *former, row = rows
    images = int(row["images"])
    if wrong := [name for name, value in row.items() if not math.isfinite(value)]:
        return WatchdogEvent(images=images, kind="non_finite", detail=f"{', '.join(wrong)} not finite")
    for name in (name for name in row if name.startswith("grad_norm")):
        if len(former) < MEDIAN_OF:
            break
        median = statistics.median(earlier[name] for earlier in former)
        if row[name] > params.explosion * median > 0:
            return WatchdogEvent(
                images=images, kind="explosion", detail=f"{name} is {row[name]:.3g}, its median was {median:.3g}"
            )
    return None


def lopsided(rows: list[dict[str, float]], indifferent: float) -> WatchdogEvent | None:
    """An event if D has won: its loss was almost 0. `indifferent` is the loss of a D whose logits are all 0.

    None where `indifferent` is 0: the loss of a Wasserstein critic has no lower end.
    """
    last = rows[-WON_FOR:]
    if (
        indifferent > 0
        and len(last) == WON_FOR
        and all(row.get("d_loss", math.inf) < WON * indifferent for row in last)
    ):
        detail = f"d_loss is {last[-1]['d_loss']:.2g}, without telling anything apart it would be {indifferent:.2g}"
        return WatchdogEvent(images=int(last[-1]["images"]), kind="d_won", detail=detail)
    return None


def collapsed(
    samples: Shaped[np.ndarray, "n ..."],
    spread: float,
    images: int,
    params: WatchdogParams,
    labels: Int64[np.ndarray, " n"] | None = None,
) -> WatchdogEvent | None:
    """An event if samples are much more alike than real images.

    Compared are the mean distance of pairs of samples and `spread`, that of pairs of real images. Where samples are
    drawn for given classes, only pairs of the same class count, because one image for each class is a collapse too.
    """
    share = pairwise_distance(samples, labels) / spread if spread else 1.0
    if images >= SETTLED and share < params.collapse:
        what = "samples" if labels is None else "samples of a class"
        return WatchdogEvent(
            images=images, kind="collapse", detail=f"{what} differ by {share:.0%} of what real examples differ by"
        )
    return None


def no_better(scores: list[Row], patience: int) -> WatchdogEvent | None:
    """An event if the lowest of the scores was measured `patience` images or more before the last; 0: never."""
    if not patience or not scores:
        return None
    name = score_column(scores[-1])
    best, last = min(scores, key=lambda row: row[name]), scores[-1]
    if last[IMAGES] - best[IMAGES] < patience:
        return None
    detail = f"{name} was lowest, {best[name]:.4g}, after {int(best[IMAGES]):,} images; the training ended"
    return WatchdogEvent(images=int(last[IMAGES]), kind=PATIENCE, detail=detail)


class Predictions(NamedTuple):
    """The classes that a classifier finds in samples and in equally many real images, and the names of the classes."""

    predicted: Int64[np.ndarray, " n"]
    real: Int64[np.ndarray, " n"]
    names: list[str]


def few_classes(predictions: Predictions, images: int, params: WatchdogParams) -> WatchdogEvent | None:
    """An event if samples show far fewer classes than equally many real images do, by a classifier.

    Effective classes are counted: exp(entropy of the histogram). This is 1 for a single class and k for k equally
    frequent classes; a rare class counts for little. The limit is 1 plus the share ``params.collapse`` of what real
    images show beyond one class: 2.7 for 10 balanced classes. There, 64 healthy samples show 9.3 ± 0.3, so chance
    causes no event, and samples of two classes always cause one. Both counts have the same bias, because the numbers of
    images are equal; it is large where there are more classes than images. None where real images show fewer than
    `SEVERAL` classes, because chance then moves the share by much.
    """
    predicted, real, names = predictions
    several, shown = effective_classes(real), effective_classes(predicted)
    if images < SETTLED or several < SEVERAL or shown - 1 >= params.collapse * (several - 1):
        return None
    counts = np.bincount(predicted, minlength=len(names))
    most = f"{counts.max() / len(predicted):.0%} of the samples are taken for {names[int(counts.argmax())]!r}"
    return WatchdogEvent(
        images=images,
        kind="few_classes",
        detail=f"{most}; classes in effect: {shown:.1f}, of real images {several:.1f}",
    )


def effective_classes(classes: Int64[np.ndarray, " n"]) -> float:
    """exp of the entropy of the histogram of `classes`: so many equally frequent classes have the same entropy."""
    shares = np.bincount(classes)[np.unique(classes)] / len(classes)
    return math.exp(-float(shares @ np.log(shares)))


def pairwise_distance(examples: Shaped[np.ndarray, "n ..."], labels: Int64[np.ndarray, " n"] | None = None) -> float:
    """Mean Euclidean distance of all pairs, in the units that examples are stored in; 0 for fewer than two examples.

    With `labels`, only pairs of the same class count, or all pairs if there is no such pair.
    """
    if len(examples) < 2:
        return 0.0
    flat = torch.from_numpy(np.array(examples).reshape(len(examples), -1)).float()
    distances = torch.pdist(flat)
    if labels is not None:
        one, other = np.triu_indices(len(labels), 1)  # pdist's order
        alike = torch.from_numpy(labels[one] == labels[other])
        distances = distances[alike] if alike.any() else distances
    return float(distances.mean())
