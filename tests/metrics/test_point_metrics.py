"""Metrics of points against closed-form truth: distances of shifts, modes of a grid, divergences of known densities."""

import math

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from nashgan.data.mixture import Mixture
from nashgan.data.mixtures import DENSITIES
from nashgan.evaluation.points import edges, of_points
from nashgan.metrics.density_divergence import divergence, jensen_shannon, shares_of_cells
from nashgan.metrics.jackknife import grouped_jackknife
from nashgan.metrics.mixture_modes import high_quality, modes_found, reverse_kl
from nashgan.metrics.optimal_discriminator import discriminator_error, game_value_gap, optimal_answers
from nashgan.metrics.sliced_wasserstein import directions, measure, sliced_wasserstein

RANDOM = np.random.default_rng(0)
GRID = DENSITIES["grid25"]


@pytest.mark.parametrize("dimensions", [1, 2, 3, 7])
def test_a_shift_is_as_far_as_its_projections(dimensions: int) -> None:
    points = RANDOM.standard_normal((300, dimensions))
    shift = RANDOM.standard_normal(dimensions)
    lines = directions(dimensions)
    assert np.linalg.norm(lines, axis=1) == pytest.approx(1)
    assert sliced_wasserstein(points, points) == 0
    expected = np.abs(lines @ shift).mean()
    assert sliced_wasserstein(points, points + shift) == pytest.approx(expected)
    if dimensions == 1:
        assert expected == pytest.approx(abs(shift[0]))
    if dimensions == 2:  # the mean of |cos| is 2/π
        assert expected == pytest.approx(2 / math.pi * np.linalg.norm(shift), rel=1e-3)


def test_sets_may_differ_in_number() -> None:
    assert sliced_wasserstein(np.zeros((10, 1)), np.array([[0.0], [1.0]])) == pytest.approx(0.5)


def test_the_jackknife_of_a_mean_is_its_standard_error() -> None:
    values = RANDOM.standard_normal(10_000)
    found = grouped_jackknife(lambda some: float(some.mean()), values)
    assert found.value == values.mean() and found.interval
    low, high = found.interval
    assert (high - low) / 2 == pytest.approx(1.96 * 0.01, rel=0.5)  # from 20 groups: a deviation of 16 %
    assert grouped_jackknife(lambda some: float(some.mean()), values[:39]).interval is None


def test_intervals_of_the_distance_cover_a_repetition() -> None:
    real = RANDOM.standard_normal((500, 1))
    far = [measure(real, RANDOM.standard_normal((500, 1)) + 1) for _ in range(20)]
    truth = np.mean([one.value for one in far])
    covered = sum(one.interval[0] <= truth <= one.interval[1] for one in far if one.interval)
    assert covered >= 16  # of 20, 19 are expected


def test_points_at_every_centre_are_all_modes_in_equal_parts() -> None:
    points = np.repeat(GRID.centres, 4, axis=0)
    assert modes_found(points, GRID.centres, GRID.deviation).value == 25
    assert high_quality(points, GRID.centres, GRID.deviation).value == 1
    assert reverse_kl(points, GRID.centres).value == pytest.approx(0, abs=1e-12)


def test_one_mode_and_points_between_modes() -> None:
    one = np.zeros((100, 2))
    assert modes_found(one, GRID.centres, GRID.deviation).value == 1
    assert reverse_kl(one, GRID.centres).value == pytest.approx(math.log(25))
    between = np.ones((100, 2)) + RANDOM.uniform(-0.3, 0.3, (100, 2))
    assert modes_found(between, GRID.centres, GRID.deviation).value == 0
    assert high_quality(between, GRID.centres, GRID.deviation).value == 0


def test_points_of_the_mixture_are_near_its_modes_as_often_as_the_rayleigh_distribution_says() -> None:
    points = GRID.draw(20_000, np.random.default_rng(1))
    found = high_quality(points, GRID.centres, GRID.deviation)
    assert found.interval and found.interval[0] <= 1 - math.exp(-4.5) <= found.interval[1]


@pytest.mark.parametrize("name", DENSITIES)
def test_a_density_is_a_sum_of_normal_ones_and_its_cells_hold_all_of_it(name: str) -> None:
    density = DENSITIES[name]
    points = density.draw(50, np.random.default_rng(2))
    covariance = density.deviation**2 * np.eye(density.dimensions)
    parts = [multivariate_normal(centre, covariance).pdf(points) for centre in density.centres]
    assert np.exp(density.log_density(points)) == pytest.approx(np.mean(parts, axis=0))
    cells = edges(density)
    probabilities = density.cell_probabilities(cells)
    assert probabilities.sum() == pytest.approx(1, abs=1e-5)
    counted = shares_of_cells(density.draw(200_000, np.random.default_rng(3)), cells)[:-1]
    assert np.abs(counted - probabilities.ravel()).max() < 5 * math.sqrt(probabilities.max() / 200_000)


def test_the_divergence_lies_between_equal_and_disjoint() -> None:
    p = np.array([0.5, 0.5, 0.0, 0.0])
    assert jensen_shannon(p, p) == 0 and jensen_shannon(p, p[::-1]) == pytest.approx(1)
    density = Mixture(np.zeros((1, 1)), 1.0)
    cells = edges(density)
    far = divergence(np.full((100, 1), 99.0), density.cell_probabilities(cells), cells)
    assert far.value == pytest.approx(1, abs=1e-5)
    near = divergence(density.draw(100_000, np.random.default_rng(4)), density.cell_probabilities(cells), cells)
    assert near.value < 1e-3


def test_the_best_discriminator_has_no_error_and_one_that_knows_nothing_the_distance_from_a_half() -> None:
    p, q = np.array([0.5, 0.25, 0.25, 0.0]), np.array([0.25, 0.25, 0.0, 0.5])
    best = optimal_answers(p, q)
    assert best == pytest.approx([2 / 3, 1 / 2, 1, 0])
    logits = np.log(np.clip(best, 1e-9, 1 - 1e-9) / (1 - np.clip(best, 1e-9, 1 - 1e-9)))
    assert discriminator_error(logits, p, q) == pytest.approx(0, abs=1e-6)
    weights = (p + q) / 2
    assert discriminator_error(np.zeros(4), p, q) == pytest.approx(weights @ np.abs(best - 0.5))
    assert optimal_answers(np.zeros(2), np.zeros(2)) == pytest.approx([0.5, 0.5])


def test_the_value_of_the_game_is_zero_where_d_answers_a_half() -> None:
    assert game_value_gap(np.zeros(50), np.zeros(50)).value == pytest.approx(0, abs=1e-12)
    assert game_value_gap(np.full(50, 30.0), np.full(50, -30.0)).value == pytest.approx(math.log(4), abs=1e-9)
    assert game_value_gap(np.full(50, -2.0), np.full(50, 2.0)).value < 0


def test_a_density_that_is_not_known_leaves_the_distance_alone() -> None:
    points = RANDOM.standard_normal((100, 3)).astype(np.float32)
    assert of_points(points, points, None).keys() == {"sliced_wasserstein"}
    assert "modes" not in of_points(points[:, :2], points[:, :2], DENSITIES["spiral"])
