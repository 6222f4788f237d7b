"""Series beside the distributions that the parameters of sine waves were drawn from."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.stats import wasserstein_distance

from nashgan.metrics.interval import Estimate, normal_interval, standard_error
from nashgan.metrics.jackknife import grouped_jackknife

STEP = 0.05  # cycles in a series, between two frequencies that are tried
QUANTILES = 10_000  # that stand for a known distribution

Series = Float[np.ndarray, "n length channels"]


@dataclass(frozen=True)
class FittedSines:
    """The sine waves closest to series: one frequency for all channels of a series, an amplitude for each channel."""

    frequency: Float[np.ndarray, " n"]  # cycles in a series
    amplitude: Float[np.ndarray, "n channels"]
    residual: Float[np.ndarray, " n"]  # share of a series' sum of squares that the waves leave, 0 … 1


def fit_sines(series: Series) -> FittedSines:
    """The least squares fit of a · sin + b · cos, over frequencies from half a cycle to a quarter of the length."""
    series, length = series.astype(np.float64), series.shape[1]
    power = np.square(series).sum(axis=(1, 2))
    best, frequency = np.full(len(series), -1.0), np.zeros(len(series))
    amplitude = np.zeros((len(series), series.shape[2]))
    for tried in np.arange(0.5, length / 4 + STEP / 2, STEP):
        angles = 2 * np.pi * tried * np.arange(length) / length
        waves = np.stack([np.sin(angles), np.cos(angles)], axis=1)
        basis, triangle = np.linalg.qr(waves)
        along = np.einsum("lk,nlc->nkc", basis, series)
        explained = np.square(along).sum(axis=(1, 2))
        better = explained > best
        best[better], frequency[better] = explained[better], tried
        weights = np.einsum("jk,nkc->njc", np.linalg.inv(triangle), along[better])
        amplitude[better] = np.hypot(weights[:, 0], weights[:, 1])
    residual = 1 - best / np.where(power > 0, power, 1.0)
    return FittedSines(frequency, amplitude, residual.clip(0, 1))


def measure(series: Series, frequencies: tuple[float, float], amplitudes: tuple[float, float]) -> dict[str, Estimate]:
    """Wasserstein-1 distances from uniform distributions between the given bounds, and the mean residual.

    `frequency_distance` is in cycles in a series, `amplitude_distance` in the series' units. All with 95 % intervals.
    """
    fitted = fit_sines(series)
    error = standard_error(fitted.residual)
    mean = float(fitted.residual.mean())
    return {
        "frequency_distance": _from_uniform(fitted.frequency, frequencies),
        "amplitude_distance": _from_uniform(fitted.amplitude, amplitudes),
        "sine_residual": Estimate(mean, normal_interval(mean, error, 0.0, 1.0)),
    }


def _from_uniform(values: Float[np.ndarray, "n *channels"], bounds: tuple[float, float]) -> Estimate:
    low, high = bounds
    known = low + (high - low) * (np.arange(QUANTILES) + 0.5) / QUANTILES
    return grouped_jackknife(lambda part: float(wasserstein_distance(known, part.ravel())), values, lowest=0.0)
