"""n-grams of text: how their distribution differs between two sets of lines, and which lines are new.

A line is a row of character indices; 0 ends it. Before the n-grams are counted, it gets one start mark and one end
mark. So an n-gram may begin with the start of a line or end with its end, and a line shorter than n - 2 has none.
"""

import numpy as np
from jaxtyping import Int64, UInt8

from nashgan.metrics.interval import Estimate, share
from nashgan.metrics.jackknife import grouped_jackknife

START = 256  # above every index of a character
ORDERS = (1, 2, 3, 4)
MARKS = "start and end mark"

Lines = UInt8[np.ndarray, "_ l"]
Codes = Int64[np.ndarray, " _"]


def ngram_codes(lines: Lines, n: int) -> Codes:
    """A number for each n-gram of all lines; equal n-grams have the same, whatever the lines' length. n is 1 to 6."""
    start, end = np.full((len(lines), 1), START), np.zeros((len(lines), 1))
    marked = np.hstack([start, lines, end]).astype(np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(marked, n, axis=1)
    whole = (windows[..., :-1] != 0).all(axis=-1)  # nothing lies behind an end mark
    if n == 1:  # neither the start mark, which every line has, nor what lies behind the first end mark
        whole = np.hstack([start == 0, marked[:, :-1] != 0])
    codes: Codes = (windows * (START + 1) ** np.arange(n)).sum(axis=-1)[whole]
    return codes


def jensen_shannon_of_codes(one: Codes, other: Codes) -> float:
    """(KL(p ‖ m) + KL(q ‖ m)) / 2 in bits, m = (p + q) / 2, of the shares of two sets of codes: 0 … 1 (Lin, 1991).

    1 where one set is empty, and the other is not.
    """
    if not len(one) or not len(other):
        return float(len(one) != len(other))
    _, places = np.unique(np.concatenate([one, other]), return_inverse=True)
    count = int(places.max()) + 1
    p, q = (np.bincount(part, minlength=count) / len(part) for part in (places[: len(one)], places[len(one) :]))
    middle = (p + q) / 2
    parts = [float(part[part > 0] @ np.log2(part[part > 0] / middle[part > 0])) for part in (p, q)]
    return max(0.0, sum(parts) / 2)


def ngram_jsd(real: Lines, fake: Lines, n: int) -> float:
    """The Jensen-Shannon divergence of the n-grams' distributions in bits, 0 … 1 (Gulrajani et al., 2017, section 5.2).

    It is not 0 for two sets from the same source, because of the rare n-grams. So it is read beside its floor, and only
    sets of the same size compare.
    """
    return jensen_shannon_of_codes(ngram_codes(real, n), ngram_codes(fake, n))


def ngram_jsd_4(real: Lines, fake: Lines) -> float:
    """`ngram_jsd` for n = 4."""
    return ngram_jsd(real, fake, 4)


def lengths(lines: Lines) -> Codes:
    """Characters before the end mark."""
    count: Codes = (lines != 0).cumprod(axis=1).sum(axis=1, dtype=np.int64)
    return count


def distinct(fake: Lines) -> Estimate:
    """The share of different lines among all. No interval: a set with lines left out has fewer repetitions."""
    return Estimate(len(np.unique(fake, axis=0)) / len(fake), None, higher_is_better=True)


def novel(train: Lines, fake: Lines) -> Estimate:
    """The share of lines that are not in `train`, with its 95 % interval. The lines of both are equally long."""
    known = {row.tobytes() for row in np.ascontiguousarray(train)}
    return share(sum(row.tobytes() not in known for row in np.ascontiguousarray(fake)), len(fake))


def measure(real: Lines, fake: Lines, train: Lines) -> dict[str, Estimate]:
    """Every metric of this file, by name, with 95 % intervals where there are any."""

    def jsd(n: int) -> Estimate:
        of_real = ngram_codes(real, n)
        return grouped_jackknife(
            lambda part: jensen_shannon_of_codes(of_real, ngram_codes(part, n)), fake, lowest=0.0, highest=1.0
        )

    of_real = lengths(real)
    made = {f"ngram_jsd_{n}": jsd(n) for n in ORDERS}
    made["length_jsd"] = grouped_jackknife(
        lambda part: jensen_shannon_of_codes(of_real, lengths(part)), fake, lowest=0.0, highest=1.0
    )
    return made | {"distinct": distinct(fake), "novel": novel(train, fake)}
