"""Metrics of series beside values that are known exactly."""

import numpy as np
import pytest
import torch

from nashgan.features.series_predictor import errors, train_predictor
from nashgan.metrics import autocorrelation_distance, fitted_sines, marginal_distance, spectrum_distance
from nashgan.metrics.autocorrelation_distance import autocorrelation
from nashgan.metrics.fitted_sines import fit_sines
from nashgan.metrics.sliced_wasserstein import directions
from nashgan.metrics.spectrum_distance import amplitudes

LENGTH = 32
METRICS = (spectrum_distance, autocorrelation_distance, marginal_distance)


def waves(frequency: np.ndarray, amplitude: float = 1.0, channels: int = 1) -> np.ndarray:
    """Cosines with a phase of their own for each series and channel."""
    phase = np.random.default_rng(0).uniform(0, 2 * np.pi, (len(frequency), 1, channels))
    position = np.arange(LENGTH)[None, :, None]
    return amplitude * np.cos(2 * np.pi * frequency[:, None, None] * position / LENGTH + phase)


def noise(count: int, channels: int = 1, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, LENGTH, channels))


@pytest.mark.parametrize("metric", METRICS)
def test_equal_sets_have_the_distance_0(metric: object) -> None:
    assert metric.measure(noise(50, 2), noise(50, 2)).value == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("metric", METRICS)
def test_intervals_hold_the_distance_of_other_samples(metric: object) -> None:
    real = noise(200)
    found = [metric.measure(real, 1.5 * noise(200, seed=seed).cumsum(axis=1)) for seed in range(1, 21)]  # type: ignore[attr-defined]
    middle = float(np.mean([estimate.value for estimate in found]))
    assert sum(low <= middle <= high for low, high in (estimate.interval for estimate in found)) >= 16
    assert found[0].interval[0] > 0


def test_a_full_cycle_has_its_amplitude_at_its_frequency() -> None:
    spectra = amplitudes(waves(np.array([3.0, 5.0]), 2.5))
    expected = np.zeros((2, LENGTH // 2 + 1))
    expected[0, 3] = expected[1, 5] = 2.5
    np.testing.assert_allclose(spectra, expected, atol=1e-12)


def test_the_distance_of_two_spectra_is_that_of_two_points() -> None:
    """Of single points the sliced distance is the mean of |<line, difference>|."""
    one, other = waves(np.full(4, 3.0)), waves(np.full(9, 5.0), 2.0)
    difference = np.zeros(LENGTH // 2 + 1)
    difference[3], difference[5] = 1.0, -2.0
    expected = np.abs(directions(len(difference)) @ difference).mean()
    assert spectrum_distance.spectrum_distance(one, other) == pytest.approx(expected)


def test_sines_and_noise_of_the_same_mean_spectrum_are_told_apart() -> None:
    sines = waves(np.arange(1600) % 8 + 4.0)
    weights = np.random.default_rng(1).normal(size=(1600, 1600)) / 40
    normal = np.tensordot(weights, sines, axes=1)  # a normal distribution with the same second moments
    floor = spectrum_distance.spectrum_distance(sines, waves(np.arange(1600)[::-1] % 8 + 4.0))
    assert spectrum_distance.spectrum_distance(sines, normal) > 10 * floor + 0.02
    assert autocorrelation_distance.autocorrelation_distance(sines, normal) < 0.1


def test_the_autocorrelation_of_a_sine_is_a_cosine() -> None:
    series = np.stack([np.cos(2 * np.pi * (4 * np.arange(LENGTH) / LENGTH + shift / 8)) for shift in range(8)])
    lags = np.arange(1, LENGTH // 2 + 1)
    found = autocorrelation(np.stack([series, np.full_like(series, 7)], axis=2))
    np.testing.assert_allclose(found[:, 0], np.cos(2 * np.pi * 4 * lags / LENGTH), atol=1e-12)
    assert not found[:, 1].any()  # a channel without variance


def test_the_autocorrelation_of_steps_of_both_signs() -> None:
    same, flipped = np.ones((2, 4, 1)), np.ones((2, 4, 1))
    same[1] = -1
    flipped[0, ::2] = flipped[1, 1::2] = -1
    assert autocorrelation_distance.autocorrelation_distance(same, flipped) == pytest.approx(np.sqrt((4 + 0) / 2))


@pytest.mark.parametrize("length", [2, 3, 4, 5, 21, 101])
def test_autocorrelations_keep_their_bound(length: int) -> None:
    """The eigenvectors of the chains that a lag joins have the largest ones; the distance of two sets is their sum."""
    lag = length // 2
    chain = np.arange(length) // lag + 1
    wave = np.sin(np.pi * chain / (chain.max() + 1)) * (np.arange(length) % lag == 0)
    both = np.stack([wave, -wave])[:, :, None]  # without a mean
    largest = length / (length - lag) * np.cos(np.pi / (chain.max() + 1))
    assert autocorrelation(both)[lag - 1] == pytest.approx(largest) and largest < np.sqrt(2)


def test_an_interval_reaches_as_far_as_the_distance() -> None:
    """Of three positions the distance can be 2.12."""
    rising = np.tile([[1, np.sqrt(2), 1]], (40, 1))[:, :, None] * np.tile([1, 1, -1, -1], 10)[:, None, None]
    found = autocorrelation_distance.measure(rising, rising * np.array([1, -1, 1])[:, None])
    assert found.value == pytest.approx(2 * 1.5 / np.sqrt(2))
    assert found.interval is not None and found.interval[0] <= found.value <= found.interval[1]


def test_values_that_are_moved_have_that_distance() -> None:
    series = noise(20, 2)
    assert marginal_distance.marginal_distance(series, series + np.array([1.0, -3.0])) == pytest.approx(2)
    assert marginal_distance.marginal_distance(series, series[:, ::-1]) == 0  # positions do not count


def test_sines_are_fitted() -> None:
    frequency = np.array([1.0, 2.35, 4.0, 7.9])
    fitted = fit_sines(np.concatenate([waves(frequency), waves(frequency, 3.0)], axis=2))
    np.testing.assert_allclose(fitted.frequency, frequency, atol=1e-9)
    np.testing.assert_allclose(fitted.amplitude, [[1.0, 3.0]] * 4, rtol=1e-9)
    assert fitted.residual.max() < 1e-9
    assert fit_sines(noise(200)).residual.mean() > 0.5
    assert not fit_sines(np.zeros((2, LENGTH, 1))).amplitude.any()


def test_distances_from_the_known_distributions() -> None:
    made = fitted_sines.measure(waves(np.full(100, 3.0), 1.0), (2.0, 6.0), (0.5, 1.5))
    assert made["frequency_distance"].value == pytest.approx((0.5 + 4.5) / 4, abs=1e-3)  # E |U(2, 6) - 3|
    assert made["amplitude_distance"].value == pytest.approx(0.25, abs=1e-3)  # E |U(0.5, 1.5) - 1|
    assert made["sine_residual"].value == pytest.approx(0, abs=1e-9)
    spread = fitted_sines.measure(waves(np.linspace(2, 6, 401)), (2.0, 6.0), (0.5, 1.5))
    assert spread["frequency_distance"].value < 0.05


def test_a_predictor_learns_what_can_be_predicted_and_nothing_else() -> None:
    torch.manual_seed(0)
    before = torch.random.get_rng_state()
    ramps = torch.linspace(-1, 1, 300)[:, None, None] * torch.linspace(-1, 1, 8)
    assert errors(train_predictor(ramps), ramps).mean() < 0.02
    assert torch.equal(before, torch.random.get_rng_state())
    random = torch.from_numpy(noise(600).transpose(0, 2, 1)).float()
    found = errors(train_predictor(random[:300]), random[300:])
    assert found.shape == (300,) and found.mean() > 0.75  # E |x| is 0.80
    again = errors(train_predictor(random[:300]), random[300:])
    assert torch.equal(found, again)
