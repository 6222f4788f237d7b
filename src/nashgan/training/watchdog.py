"""The watchdog: knows the ways a game goes wrong, from what is measured anyway."""

import math
import statistics
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import UInt8

from nashgan.params import WatchdogParams

MEDIAN_OF = 5  # rows before a gradient norm can be called an explosion
SETTLED = 20_000  # images before which samples are alike because nothing has been learned yet
WON = 0.01  # D has won when its loss is this share of what it is for a D that tells nothing apart …
WON_FOR = 5  # … in as many rows in turn


@dataclass(frozen=True)
class Event:
    """Something that went wrong: `kind` is non_finite, explosion, collapse or d_won."""

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
    """D won outright: its loss has been next to nothing. `indifferent` is the loss of a D that says 0 to all."""
    last = rows[-WON_FOR:]
    if len(last) == WON_FOR and all(row.get("d_loss", math.inf) < WON * indifferent for row in last):
        return Event(int(rows[-1]["images"]), "d_won", f"d_loss is {rows[-1]['d_loss']:.2g}; G learns nothing from it")
    return None


def collapsed(
    samples: UInt8[np.ndarray, "n c h w"], spread: float, images: int, params: WatchdogParams
) -> Event | None:
    """Samples much more alike than real images are: the mean distance of pairs, as a share of the real `spread`."""
    share = pairwise_distance(samples) / spread if spread else 1.0
    if images >= SETTLED and share < params.collapse:
        return Event(images, "collapse", f"samples differ by {share:.0%} of what real images differ by")
    return None


def pairwise_distance(images: UInt8[np.ndarray, "n c h w"]) -> float:
    """Mean Euclidean distance of all pairs, in units of a pixel's range; 0 for fewer than two images."""
    if len(images) < 2:
        return 0.0
    flat = torch.from_numpy(np.array(images).reshape(len(images), -1)).float() / 255
    return float(torch.pdist(flat).mean())
