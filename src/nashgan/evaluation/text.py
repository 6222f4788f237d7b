"""The evaluation of text: n-grams and lengths beside those of real lines, repetitions, and copies of training lines."""

import numpy as np
import torch
from jaxtyping import UInt8

from nashgan.evaluation.examples import ExampleSets, measure_examples, read_sets
from nashgan.evaluation.feature_metrics import Metrics
from nashgan.evaluation.params import EvaluateParams
from nashgan.metrics.ngrams import MARKS, ORDERS, START
from nashgan.metrics.ngrams import measure as of_lines
from nashgan.records.paths import Paths
from nashgan.runtime.randomness import derive_seed

ORDER = 4  # of the baseline: a character depends on the three before it

Lines = UInt8[np.ndarray, "_ l"]


def measure(paths: Paths, evaluate: EvaluateParams, device: torch.device) -> Metrics:
    """Compare the samples with real lines and with the training split. Raises UserError as `read_sets`."""
    sets = read_sets(paths)
    train = np.asarray(sets.train.values)
    protocols = {f"ngram_jsd_{n}": f"n-grams with a {MARKS}" for n in ORDERS}
    return measure_examples(
        sets,
        lambda lines: of_lines(sets.real, lines, train),
        evaluate,
        device,
        baseline=(f"{ORDER}-gram model", ngram_samples(sets)),
        protocols=protocols | {"novel": f"train={len(train)}"},
    )


def ngram_samples(sets: ExampleSets) -> Lines:
    """As many lines from an n-gram model of the training split: the baseline."""
    random = np.random.default_rng(derive_seed(sets.seed, "n-gram model"))
    return draw_ngrams(np.asarray(sets.train.values), len(sets.samples), ORDER, random)


def draw_ngrams(train: Lines, count: int, order: int, random: np.random.Generator) -> Lines:
    """`count` lines from an n-gram model, in which a character depends on the `order` - 1 characters before it.

    The model has the relative frequencies of `train` without smoothing (Shannon, 1948, section 3), so it needs none for
    a context: each one that it reaches was seen. A line is cut off at the length of those in `train`.
    """
    context = order - 1
    marked = np.hstack([np.full((len(train), context), START), train, np.zeros((len(train), 1))]).astype(np.int64)
    followers: dict[tuple[int, ...], list[int]] = {}
    for row in marked.tolist():
        for place in range(context, len(row)):
            followers.setdefault(tuple(row[place - context : place]), []).append(row[place])
            if row[place] == 0:
                break
    drawn = np.zeros((count, train.shape[1]), np.uint8)
    for line, uniform in zip(drawn, random.random((count, train.shape[1])), strict=True):
        before: tuple[int, ...] = (START,) * context
        for place, number in enumerate(uniform):
            possible = followers[before]
            line[place] = possible[int(number * len(possible))]
            if line[place] == 0:
                break
            before = (*before, int(line[place]))[1:]
    return drawn
