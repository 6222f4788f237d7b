"""The evaluation of points: beside real points, and beside the density that they were drawn from where it is known."""

import numpy as np
import torch
from jaxtyping import Float
from scipy.stats import gaussian_kde

from nashgan.data.mixture import Mixture
from nashgan.data.mixtures import DENSITIES
from nashgan.evaluation.examples import ExampleSets, measure_examples, read_sets
from nashgan.evaluation.feature_metrics import Metrics, measured
from nashgan.evaluation.params import EvaluateParams
from nashgan.features.discriminator import discriminator_logits
from nashgan.metrics import sliced_wasserstein
from nashgan.metrics.density_divergence import divergence, shares_of_cells
from nashgan.metrics.interval import Estimate
from nashgan.metrics.mixture_modes import high_quality, modes_found, reverse_kl
from nashgan.metrics.optimal_discriminator import discriminator_error, game_value_gap
from nashgan.models.generator import load_generator
from nashgan.objectives import LOSSES
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.records.train_run import read_train_run
from nashgan.runtime.randomness import derive_seed

CELLS = {1: 100, 2: 50}  # along each axis, by the number of dimensions
MODEL_POINTS = 100_000  # samples of the raw generator, whose histogram stands for its density
Points = Float[np.ndarray, "_ d"]


def measure(paths: Paths, evaluate: EvaluateParams, device: torch.device) -> Metrics:
    """Compare the samples with real points, and with the density if it is known. Raises UserError as `read_sets`."""
    sets = read_sets(paths)
    density = DENSITIES.get(sets.manifest.source["name"])
    line = f"lines={sliced_wasserstein.LINES}"
    made = measure_examples(
        sets,
        lambda points: of_points(points, sets.real, density),
        evaluate,
        device,
        baseline=("kernel density estimate", kernel_samples(sets)),
        protocols={"sliced_wasserstein": line, "jsd": "cells=" + str(CELLS.get(sets.real.shape[1]))},
    )
    return made | of_the_game(sets, density, device)


def of_points(points: Points, real: Points, density: Mixture | None) -> dict[str, Estimate]:
    """The metrics of one set of points."""
    made = {"sliced_wasserstein": sliced_wasserstein.measure(real, points)}
    if density is None:
        return made
    if density.modes:
        made |= {
            "modes": modes_found(points, density.centres, density.deviation),
            "high_quality": high_quality(points, density.centres, density.deviation),
            "reverse_kl": reverse_kl(points, density.centres),
        }
    cells = edges(density)
    return made | {"jsd": divergence(points, density.cell_probabilities(cells), cells)}


def edges(density: Mixture) -> list[Float[np.ndarray, " _"]]:
    """The bounds of equal cells over the density."""
    low, high = density.bounds()
    return [np.linspace(a, b, CELLS[density.dimensions] + 1) for a, b in zip(low, high, strict=True)]


def kernel_samples(sets: ExampleSets) -> Points:
    """As many points from a kernel density estimate of the training points (Scott's rule): the baseline."""
    estimate = gaussian_kde(np.asarray(sets.train.values, dtype=np.float64).T)
    random = np.random.default_rng(derive_seed(sets.seed, "kernel density estimate"))
    drawn: Points = estimate.resample(len(sets.samples), random).T.astype(np.float32)
    return drawn


def of_the_game(sets: ExampleSets, density: Mixture | None, device: torch.device) -> Metrics:
    """How far D and the raw generator, its opponent, are from the optimum. Nothing where D gives no probabilities."""
    loss = read_train_run(sets.paths.train_run).params["objective"]["loss"]
    if density is None or loss not in LOSSES or not LOSSES[loss].load().gives_probabilities:
        return {}
    opponent = load_generator(sets.paths.generator, "raw", device).sample(sets.seed, MODEL_POINTS)
    on_real = logits_of(sets, sets.real, device)
    if on_real is None:
        return {}
    on_fake, on_floor = (logits_of(sets, points, device) for points in (opponent[: len(sets.real)], sets.floor))
    assert on_fake is not None and on_floor is not None
    value, floor = game_value_gap(on_real, on_fake), game_value_gap(on_real, on_floor)
    cells = edges(density)
    axes = np.meshgrid(*[(axis[1:] + axis[:-1]) / 2 for axis in cells], indexing="ij")
    centres = np.stack([axis.ravel() for axis in axes], axis=1).astype(np.float32)
    on_cells = logits_of(sets, centres, device)
    assert on_cells is not None
    p, q = density.cell_probabilities(cells).ravel(), shares_of_cells(opponent, cells)[:-1]
    of_floor = discriminator_error(np.zeros_like(p), p, p)
    error = Estimate(discriminator_error(on_cells, p, q), None)
    line = f"cells={CELLS[density.dimensions]} model={MODEL_POINTS}"
    return {
        "d_error": measured(error, of_floor, len(sets.real), f"{sets.protocol} {line}"),
        "game_value": measured(value, floor, len(sets.real), f"{sets.protocol} raw"),
    }


def logits_of(sets: ExampleSets, points: Points, device: torch.device) -> Float[np.ndarray, " n"] | None:
    """D's logits; None where there is no discriminator."""
    return discriminator_logits(sets.paths.discriminator, Examples(points), device)
