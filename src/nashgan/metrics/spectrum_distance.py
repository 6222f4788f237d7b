"""The distance of the distributions of amplitude spectra: their sliced Wasserstein distance."""

import numpy as np
from jaxtyping import Float

from nashgan.metrics.interval import Estimate
from nashgan.metrics.jackknife import grouped_jackknife
from nashgan.metrics.sliced_wasserstein import sliced_wasserstein

Series = Float[np.ndarray, "_ length channels"]


def amplitudes(series: Series) -> Float[np.ndarray, "_ d"]:
    """2 |X_k| / length of the discrete Fourier transform X, k = 0 … length / 2, of each channel, in the series' units.

    A sine of amplitude a with k full cycles has a at k, and 0 elsewhere.
    """
    spectra: np.ndarray = 2 / series.shape[1] * np.abs(np.fft.rfft(series, axis=1))
    return spectra.reshape(len(series), -1)


def spectrum_distance(real: Series, fake: Series) -> float:
    """The sliced Wasserstein-1 distance (Bonneel et al., 2015) of the series' `amplitudes`; 0 for equal sets.

    Each series keeps its own spectrum. Mean spectra would not tell sines of many frequencies from noise.
    """
    return sliced_wasserstein(amplitudes(real), amplitudes(fake))


def measure(real: Series, fake: Series) -> Estimate:
    """The distance with its 95 % interval."""
    spectra = amplitudes(real)
    return grouped_jackknife(lambda part: sliced_wasserstein(spectra, part), amplitudes(fake), lowest=0.0)
