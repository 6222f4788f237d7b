"""Speed, memory and exactness of the evaluation against pytorch-fid's and SciPy's routes.

Run: python -m benchmarks.evaluation

The two routes of a comparison take turns; each line gives the median and the spread of their runs.
"""

import argparse
import statistics as stats
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from pytorch_fid import fid_score
from pytorch_fid import inception as pytorch_fid
from torch import Tensor

from nashgan.data.embedded_digits import embedded_digits
from nashgan.features.inception import find_weights, load_inception, read_weights
from nashgan.metrics.frechet import frechet_distance, frechet_distance_of_moments
from nashgan.metrics.moments import StreamingMoments, moments

DIM = 2048
T = TypeVar("T")


def main() -> None:
    """Run all comparisons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=100, help="images a round of feature extraction")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each comparison")
    arguments = parser.parse_args()
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}, numpy {np.__version__}")
    extraction(arguments.images, arguments.rounds)
    full_rank(arguments.rounds)
    rank_deficient(arguments.rounds)
    streaming()


def extraction(count: int, rounds: int) -> None:
    """Feature extraction: images a second, and the largest difference of a feature."""
    images = digits(count)
    ours, theirs = load_inception(Path.cwd(), None, torch.device("cpu")), pytorch_fid_network()
    for network in (ours.features, theirs):
        network(images[:50])  # warm-up
    features, timings = take_turns(
        {"nashgan": lambda: ours.features(images), "pytorch-fid": lambda: theirs(images)}, rounds
    )
    report("Inception, images/s", {name: [count / seconds for seconds in runs] for name, runs in timings.items()})
    ratio = [theirs / ours for ours, theirs in zip(timings["nashgan"], timings["pytorch-fid"], strict=True)]
    print(f"  speed-up {stats.median(ratio):.2f} ({min(ratio):.2f} to {max(ratio):.2f}), goal 1.8")
    print(f"  largest difference of a feature {np.abs(features['nashgan'] - features['pytorch-fid']).max():.1e}")


def full_rank(rounds: int) -> None:
    """Fréchet distance between streamed moments of full rank, against SciPy's sqrtm as pytorch-fid calls it."""
    real, fake = (moments(synthetic(seed, 3 * DIM)) for seed in (0, 1))
    compare_distances(
        "Fréchet distance, full rank",
        lambda: frechet_distance_of_moments(real, fake),
        lambda: sqrtm_route(real.mean, real.covariance, fake.mean, fake.covariance),
        rounds,
    )


def rank_deficient(rounds: int) -> None:
    """Fréchet distance of two sets of 2,000 features of 2,048 dimensions; the product of covariances is singular."""
    real, fake = synthetic(0, 2000), synthetic(1, 2000)

    def theirs() -> float:
        means = (real.mean(axis=0), fake.mean(axis=0))
        covariances = (np.cov(real, rowvar=False), np.cov(fake, rowvar=False))
        return sqrtm_route(means[0], covariances[0], means[1], covariances[1])

    compare_distances("Fréchet distance, 2,000 images", lambda: frechet_distance(real, fake), theirs, rounds)
    print(f"  identical sets: {frechet_distance(real, real):.1e}")


def compare_distances(what: str, ours: Callable[[], float], theirs: Callable[[], float], rounds: int) -> None:
    """Time both and print the relative difference."""
    values, timings = take_turns({"nashgan": ours, "scipy sqrtm": theirs}, rounds)
    report(f"{what}, s", timings)
    ratio = [slow / fast for fast, slow in zip(timings["nashgan"], timings["scipy sqrtm"], strict=True)]
    print(f"  speed-up {stats.median(ratio):.2f} ({min(ratio):.2f} to {max(ratio):.2f}), goal 4")
    print(f"  relative difference {abs(values['nashgan'] / values['scipy sqrtm'] - 1):.1e}")


def streaming() -> None:
    """Peak memory of the moments of 50,000 x 2,048 features in batches, and their error at a large offset."""
    batch = np.random.default_rng(0).standard_normal((1000, DIM), np.float32)
    tracemalloc.start()
    stream = StreamingMoments(DIM)
    began = time.perf_counter()
    for _ in range(50):
        stream.update(batch)
    seconds = time.perf_counter() - began
    added = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.reset_peak()
    stream.finish()
    peak = max(added, tracemalloc.get_traced_memory()[1] / 2**20)
    tracemalloc.stop()
    print(f"Streaming moments of 50,000 x {DIM}: peak {peak:.0f} MiB, goal 300; {seconds:.1f} s")
    features = np.random.default_rng(1).standard_normal((20_000, 64)) + 1e6
    exact = np.cov(features - 1e6, rowvar=False)
    print(f"  largest error of a covariance at offset 1e6: {np.abs(moments(features).covariance - exact).max():.1e}")


def take_turns(routes: dict[str, Callable[[], T]], rounds: int) -> tuple[dict[str, T], dict[str, list[float]]]:
    """Run the routes in turn; their last values and the seconds of every run."""
    values: dict[str, T] = {}
    timings: dict[str, list[float]] = {name: [] for name in routes}
    for _ in range(rounds):
        for name, route in routes.items():
            began = time.perf_counter()
            values[name] = route()
            timings[name].append(time.perf_counter() - began)
    return values, timings


def report(what: str, runs: dict[str, list[float]]) -> None:
    """Print the median and the spread of each route's runs."""
    shown = "   ".join(
        f"{name} {stats.median(values):.2f} ({min(values):.2f} to {max(values):.2f})" for name, values in runs.items()
    )
    print(f"{what}: {shown}")


def pytorch_fid_network() -> Callable[[np.ndarray], np.ndarray]:
    """pytorch-fid's own network, called with batches of 50 as by its command line."""
    weights = read_weights(find_weights(None))
    last = {"fc.weight": torch.zeros(1008, DIM), "fc.bias": torch.zeros(1008)}
    counters = {
        name.replace("running_mean", "num_batches_tracked"): torch.tensor(0)
        for name in weights
        if "running_mean" in name
    }
    original = pytorch_fid.load_state_dict_from_url
    pytorch_fid.load_state_dict_from_url = lambda *_, **__: {**weights, **last, **counters}
    try:
        module = pytorch_fid.InceptionV3().eval()
    finally:
        pytorch_fid.load_state_dict_from_url = original

    @torch.no_grad()
    def features(images: np.ndarray) -> np.ndarray:
        batches = torch.split(torch.from_numpy(images).expand(-1, 3, -1, -1), 50)
        out: Tensor = torch.cat([module(batch.float() / 255)[0].flatten(1) for batch in batches])
        return out.numpy()

    return features


def sqrtm_route(mean_1: np.ndarray, covariance_1: np.ndarray, mean_2: np.ndarray, covariance_2: np.ndarray) -> float:
    """pytorch-fid's Fréchet distance, by SciPy's square root of the product."""
    return float(fid_score.calculate_frechet_distance(mean_1, covariance_1, mean_2, covariance_2))


def synthetic(seed: int, count: int) -> np.ndarray:
    """Features with the steeply falling spectrum of real ones."""
    random = np.random.default_rng(seed)
    scales = (1 + np.arange(DIM)) ** -0.7
    return random.standard_normal((count, DIM)) * scales + 0.01 * random.standard_normal(DIM)


def digits(count: int) -> np.ndarray:
    """Real digits, 32 x 32."""
    return np.pad(embedded_digits()[0][:: 5000 // count][:count, None], ((0, 0), (0, 0), (2, 2), (2, 2)))


if __name__ == "__main__":
    main()
