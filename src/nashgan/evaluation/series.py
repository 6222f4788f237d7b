"""The evaluation of series: beside real ones, and beside the distributions that sines were drawn from."""

import numpy as np
import torch
from jaxtyping import Float32

from nashgan.data import sines
from nashgan.evaluation.examples import measure_examples, read_sets
from nashgan.evaluation.feature_metrics import Metrics
from nashgan.evaluation.params import EvaluateParams
from nashgan.features import series_predictor
from nashgan.metrics import (
    autocorrelation_distance,
    fitted_sines,
    marginal_distance,
    sliced_wasserstein,
    spectrum_distance,
)
from nashgan.metrics.interval import Estimate
from nashgan.records.paths import Paths
from nashgan.records.splits import read_held_out
from nashgan.runtime.randomness import derive_seed
from nashgan.spaces import space_of
from nashgan.spaces.space import Space

TESTED = 2000  # held-out series that predictors are tested on, at most

Series = Float32[np.ndarray, "_ length channels"]


def measure(paths: Paths, evaluate: EvaluateParams, device: torch.device) -> Metrics:
    """Compare the samples with real series. Raises UserError as `read_sets`."""
    sets = read_sets(paths)
    space, of_sines = space_of(sets.manifest.examples), sets.manifest.source["name"] == "sines"
    held_out = read_held_out(paths.splits, TESTED).values
    predicted = f"steps={series_predictor.STEPS} held-out={len(held_out)} splits:{sets.manifest.digest[:8]}"
    return measure_examples(
        sets,
        lambda series: of_series(series, sets.real, np.array(held_out), space, of_sines),
        evaluate,
        device,
        baseline=("normal distribution", normal_samples(np.array(sets.train.values), len(sets.samples), sets.seed)),
        protocols={"spectrum_distance": f"lines={sliced_wasserstein.LINES}", "predictive_score": predicted},
    )


def of_series(series: Series, real: Series, held_out: Series, space: Space, of_sines: bool) -> dict[str, Estimate]:
    """The metrics of one set of series."""
    made = {
        "spectrum_distance": spectrum_distance.measure(real, series),
        "autocorrelation_distance": autocorrelation_distance.measure(real, series),
        "marginal_distance": marginal_distance.measure(real, series),
    }
    if len(held_out):
        made["predictive_score"] = predictive_score(series, held_out, space)
    if of_sines:
        made |= fitted_sines.measure(series, sines.FREQUENCIES, sines.AMPLITUDES)
    return made


def predictive_score(series: Series, held_out: Series, space: Space) -> Estimate:
    """The mean absolute error, in scales, at held-out real series of a predictor that has learned from `series`.

    It has no interval, because a predictor that learns from other series differs by chance, too.
    """
    trained, tested = (space.to_players(torch.from_numpy(part)) for part in (series, held_out))
    predictor = series_predictor.train_predictor(trained)
    with torch.no_grad():
        return Estimate(float(series_predictor.errors(predictor, tested).mean()), None)


def normal_samples(train: Series, count: int, seed: int) -> Float32[np.ndarray, "count length channels"]:
    """`count` series from the normal distribution with mean and covariance of the training series: the baseline.

    Sums of the training series' deviations from their mean, with weights from N(0, 1 / n), have this covariance.
    """
    mean = train.mean(axis=0)
    random = np.random.default_rng(derive_seed(seed, "normal distribution"))
    weights = random.standard_normal((count, len(train)), dtype=np.float32) / np.sqrt(len(train))
    drawn: np.ndarray = (mean + np.tensordot(weights, train - mean, axes=1)).astype(np.float32)
    return drawn
