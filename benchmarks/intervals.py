"""Are the 95 % intervals right? Many generation seeds of one generator, their spread beside what each run claims.

Run: python -m benchmarks.intervals, in a repository whose pipeline has run. On classifier features.
"""

import argparse
from pathlib import Path

import numpy as np

from nashgan.evaluation.feature_metrics import measure_features
from nashgan.features.classifier import load_classifier
from nashgan.metrics.class_histogram import class_kl, classifier_score
from nashgan.metrics.interval import Interval, Z
from nashgan.metrics.memorisation import memorisation
from nashgan.models.generator import load_generator
from nashgan.records.paths import Paths
from nashgan.records.reference import read_neighbours, read_reference
from nashgan.runtime.device import pick_device

Measured = dict[str, tuple[float, Interval]]


def main() -> None:
    """Print for each metric the spread over seeds, the claimed standard error, and how often the interval held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=40, help="generation seeds")
    parser.add_argument("--samples", type=int, default=2000, help="samples a seed")
    parser.add_argument("--workspace", type=Path, help="default: the one around the working directory")
    arguments = parser.parse_args()
    paths = Paths.find(arguments.workspace)
    runs = [measure(paths, 100 + seed, arguments.samples) for seed in range(arguments.seeds)]
    print(f"{'':22} {'mean':>9} {'spread':>9} {'claimed':>9} {'ratio':>6} {'held':>5}")
    for name in runs[0]:
        values = np.array([run[name][0] for run in runs])
        low, high = np.array([run[name][1] for run in runs]).T
        mean, spread, claimed = values.mean(), values.std(ddof=1), ((high - low) / (2 * Z)).mean()
        held = ((low <= mean) & (mean <= high)).mean()
        print(f"{name:22} {mean:9.5f} {spread:9.5f} {claimed:9.5f} {claimed / spread:6.2f} {held:5.0%}")


def measure(paths: Paths, seed: int, count: int) -> Measured:
    """Every metric on the classifier's features of `count` samples by `seed`, with its interval."""
    device = pick_device().torch
    classifier = load_classifier(paths.classifier, device)
    reference = read_reference(paths.reference, classifier.network).first(count)
    features = classifier.network.features(load_generator(paths.generator, device=device).sample(seed, count))
    metrics = measure_features(classifier.network, reference.real, features, None, "")
    found: Measured = {
        name: (metric.value, metric.interval)
        for name, metric in metrics.items()
        if metric.value is not None and metric.interval is not None
    }
    known = read_neighbours(paths.reference, classifier.network)
    estimates = {"memorisation": memorisation(features, known.held_out, known.train)}
    if classifier.config.task == "class":
        real, fake = classifier.probabilities(reference.real), classifier.probabilities(features)
        estimates["class_kl"] = class_kl(real.argmax(axis=1), fake.argmax(axis=1), classifier.config.classes)
        estimates["classifier_score"] = classifier_score(fake)
    return found | {name: (one.value, one.interval) for name, one in estimates.items() if one.interval is not None}


if __name__ == "__main__":
    main()
