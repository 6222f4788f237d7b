"""All metrics that two sets of features are enough for, under the names they have in reports/evaluation.json."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
from jaxtyping import Float

from nashgan.metrics import density_coverage as dc
from nashgan.metrics import precision_recall as pr
from nashgan.metrics.frechet import (
    frechet_distance,
    frechet_influences,
    normalised_frechet_distance,
    total_variance,
)
from nashgan.metrics.frechet_infinity import POINTS, SMALLEST, fid_infinity
from nashgan.metrics.interval import Estimate, normal_interval, standard_error
from nashgan.metrics.kid import kid

Features = Float[np.ndarray, "_ d"]
Estimates = dict[str, Estimate]

HIGHER_IS_BETTER = {"precision", "recall", "density", "coverage", "classifier_score", "class_accuracy", "modes"}
NAMES = {  # of the distances on each network's features; the other metrics have a prefix
    "inception": ("fid", "kid", "fid_infinity", ""),
    "classifier": ("fcd", "kcd", "fcd_infinity", "classifier_"),
}


@dataclass(frozen=True)
class Family:
    """Metrics that are computed together from the features of real images and of samples."""

    measure: Callable[[Features, Features], Estimates]
    protocol: str = ""  # what the numbers depend on beside network and images
    minimum: int = 2  # images a set


def families(network: str, dim: int) -> list[Family]:
    """The metrics on the features of `network`, the Fréchet distance first."""
    frechet, kernel, infinity, prefix = NAMES[network]
    normalised = network == "classifier"

    def frechet_family(real: Features, fake: Features) -> Estimates:
        return {frechet: frechet_estimate(real, fake, normalised)}

    def infinity_family(real: Features, fake: Features) -> Estimates:
        return {infinity: infinity_estimate(real, fake, normalised)}

    def kernel_family(real: Features, fake: Features) -> Estimates:
        found = kid(real, fake)
        details = {"standard_error": found.standard_error, "subsets": found.subsets, "subset_size": found.size}
        return {kernel: Estimate(found.mean, normal_interval(found.mean, found.samples_error), details)}

    def manifold_family(real: Features, fake: Features) -> Estimates:
        precision, recall = pr.precision_recall(real, fake)
        return {f"{prefix}precision": precision, f"{prefix}recall": recall}

    def neighbourhood_family(real: Features, fake: Features) -> Estimates:
        density, coverage = dc.density_coverage(real, fake)
        return {f"{prefix}density": density, f"{prefix}coverage": coverage}

    return [
        Family(frechet_family),
        Family(kernel_family, "kernel=poly3", 4),
        Family(infinity_family, f"points={POINTS}", SMALLEST * dim),  # no subset smaller than the features' number
        Family(manifold_family, f"k={pr.K}", pr.K + 1),
        Family(neighbourhood_family, f"k={dc.K}", dc.K + 1),
    ]


def measure_features(
    network: str, real: Features, fake: Features, floor: Features | None, protocol: str
) -> dict[str, dict[str, Any]]:
    """Every metric that there are enough images for, as entries of an evaluation. Raises UserError as they do."""
    entries: dict[str, dict[str, Any]] = {}
    for family in families(network, real.shape[1]):
        if min(len(real), len(fake)) < family.minimum:
            continue
        floors = family.measure(real, floor) if floor is not None else {}
        for name, estimate in family.measure(real, fake).items():
            line = f"{protocol} {family.protocol}".rstrip()
            entries[name] = entry(name, estimate, floors.get(name), len(fake), line)
    return entries


def versions() -> str:
    """The libraries that the numbers come from."""
    return ", ".join(f"{name} {version(name)}" for name in ("nashgan", "torch", "numpy", "scipy", "pytorch-fid"))


def entry(name: str, estimate: Estimate, floor: Estimate | float | None, samples: int, protocol: str) -> dict[str, Any]:
    """One metric of an evaluation, ready for JSON."""
    made: dict[str, Any] = {
        "value": estimate.value,
        "floor": floor.value if isinstance(floor, Estimate) else floor,
        "samples": samples,
        "protocol": protocol,
        "versions": versions(),
    }
    if estimate.interval is not None:
        made["interval"] = list(estimate.interval)
    if isinstance(floor, Estimate) and floor.interval is not None:
        made["floor_interval"] = list(floor.interval)
    if name.removeprefix("classifier_") in HIGHER_IS_BETTER or name in HIGHER_IS_BETTER:
        made["higher_is_better"] = True
    return made | estimate.details


def frechet_estimate(real: Features, fake: Features, normalised: bool) -> Estimate:
    """The Fréchet distance, or the normalised one, with its interval."""
    value = (normalised_frechet_distance if normalised else frechet_distance)(real, fake)
    return Estimate(value, normal_interval(value, _frechet_error(real, fake, normalised), 0))


def infinity_estimate(real: Features, fake: Features, normalised: bool) -> Estimate:
    """The extrapolated distance; its interval joins the fit's error to that of the distance of all samples."""
    found = fid_infinity(real, fake, normalised_frechet_distance if normalised else frechet_distance)
    error = math.hypot(found.fit_error, _frechet_error(real, fake, normalised))
    points = [list(point) for point in zip(found.sizes, found.distances, strict=True)]
    details = {"fit_error": found.fit_error, "slope": found.slope, "points": points}
    return Estimate(found.value, normal_interval(found.value, error), details)


def _frechet_error(real: Features, fake: Features, normalised: bool) -> float:
    error = standard_error(frechet_influences(real, fake))
    return error / total_variance(real) if normalised else error
