"""How long the metrics of features take: processor seconds and seconds, by the number of vectors.

Run: python -m benchmarks.metric_time --count 10000

The features are random, with 60 factors, as many real ones as samples. The radii of the real ones are remembered when
precision, recall, density and coverage are measured again, as for the floor.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from nashgan.metrics import METRICS, OF_ONE_NETWORK
from nashgan.metrics.feature_metric import FeatureMetric
from nashgan.metrics.memorisation import memorisation
from nashgan.runtime.device import pick_device

FACTORS = 60


def features(count: int, dim: int, seed: int) -> np.ndarray:
    """Vectors of the same distribution, whatever the seed."""
    loadings = np.random.default_rng(0).normal(size=(FACTORS, dim)).astype(np.float32)
    random = np.random.default_rng(seed + 1)
    found: np.ndarray = random.normal(size=(count, FACTORS)).astype(np.float32) @ loadings
    return found + random.normal(size=(count, dim)).astype(np.float32)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="real vectors, and as many samples")
    parser.add_argument("--held-out", type=int, default=2000, help="held-out vectors, for memorisation")
    parser.add_argument("--dim", type=int, default=2048, help="numbers of a vector")
    parser.add_argument("--only", nargs="*", help="names of metrics; default: all")
    arguments = parser.parse_args()
    device = pick_device().torch
    real, fake, other = (features(arguments.count, arguments.dim, seed) for seed in range(3))
    routes: dict[str, Callable[[], object]] = {}
    for name, registered in (METRICS | OF_ONE_NETWORK).items():
        metric: FeatureMetric = registered.load()
        routes[name] = partial(metric.measure, real, fake, False)
        if name == "manifolds":
            routes["manifolds of other samples"] = partial(metric.measure, real, other, False)
    routes["memorisation"] = partial(memorisation, fake, other[: arguments.held_out], real)
    print(f"{arguments.count:,} × {arguments.dim:,}, {device}, {torch.get_num_threads()} thread(s)\n")
    print("| metric | processor seconds | seconds |\n|---|---|---|")
    for name, route in routes.items():
        if arguments.only and name not in arguments.only:
            continue
        began, clock = time.process_time(), time.monotonic()
        with device:
            route()
        print(f"| {name} | {time.process_time() - began:.1f} | {time.monotonic() - clock:.1f} |", flush=True)


if __name__ == "__main__":
    main()
