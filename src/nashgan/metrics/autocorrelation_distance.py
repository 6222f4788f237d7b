"""The distance of autocorrelations ("ACF score": Wiese et al., 2020, "Quant GANs", section 7.2)."""

import numpy as np
from jaxtyping import Float

from nashgan.metrics.interval import Estimate
from nashgan.metrics.jackknife import grouped_jackknife

Series = Float[np.ndarray, "_ length channels"]


def autocorrelation(series: Series) -> Float[np.ndarray, "lags channels"]:
    """The correlation of values `lag` positions apart, lag = 1 … length / 2, over all series.

    0 for a channel without variance. A product is weighed by length / (length - lag), so a value may leave -1 … 1: it
    lies within ±√2, which series of 2·lag + 1 positions come close to. (The products join positions to chains of
    m = ⌈length / lag⌉ or fewer. The largest eigenvalue of such a chain is cos(π / (m + 1)).)
    """
    centred = series.astype(np.float64) - series.mean(axis=(0, 1), dtype=np.float64)
    variance = np.square(centred).mean(axis=(0, 1))
    lags = range(1, series.shape[1] // 2 + 1)
    products = np.stack([(centred[:, lag:] * centred[:, :-lag]).mean(axis=(0, 1)) for lag in lags])
    return products / np.where(variance > 0, variance, 1.0)


def autocorrelation_distance(real: Series, fake: Series) -> float:
    """The root mean square difference of the autocorrelations over lags and channels, 0 … 2√2.

    It sees second moments only, so a normal distribution with the right covariance has the distance 0.
    """
    return float(np.sqrt(np.square(autocorrelation(real) - autocorrelation(fake)).mean()))


def measure(real: Series, fake: Series) -> Estimate:
    """The distance with its 95 % interval."""
    return grouped_jackknife(lambda series: autocorrelation_distance(real, series), fake, lowest=0.0)
