"""What measuring fcd on the way costs: the time of one measurement against the training between two.

Run: python -m benchmarks.evaluate_every

With the parameters of params.yaml, on noise. Each round trains some steps, measures, and trains as many steps; what the
measurement costs is how much longer that takes than the steps alone, a slower start of the steps after it included.
"""

import statistics
import time

import torch
from benchmarks.checkpoint import default_training

from nashgan.features.classifier import Classifier, ClassifierConfig, LoadedClassifier
from nashgan.features.reference import draw_selection
from nashgan.records.examples import Examples
from nashgan.spaces.image import ImageSpace, as_images
from nashgan.training.scoring import SAMPLES, FeatureScorer

ROUNDS = 15
STEPS = 10  # of the game, twice a round


def main() -> None:
    """Print the share of the training's time: median and quartiles of the rounds."""
    params, config, game, batches = default_training()
    classifier = new_classifier(as_images(config.space), game.device.torch)
    data = Examples(batches.values)
    score = FeatureScorer(classifier, draw_selection(SAMPLES, data, data), config, game.device, params.train.seed)
    between = params.train.evaluate_every / game.step_images  # steps
    seen, costs, rates, shares = 0, [], [], []

    def train() -> float:
        nonlocal seen
        began = time.perf_counter()
        for _ in range(STEPS):
            measures = game.step(batches, seen)
            seen += game.step_images
            game.average.update(game.generator, game.step_images, seen)
        measures.sum().item()  # wait for the device
        return time.perf_counter() - began

    train()
    for _ in range(ROUNDS):
        alone = train()
        began = time.perf_counter()
        score(game.average.module)
        cost = time.perf_counter() - began + train() - alone
        costs.append(cost)
        rates.append(STEPS * game.step_images / alone)
        shares.append(cost / (alone / STEPS * between))
    low, share, high = statistics.quantiles(shares, n=4)
    print(f"{config.name} on {game.device.name}: {statistics.median(rates):,.0f} img/s of training")
    print(f"fcd of {len(score.reference.floor):,} samples: {statistics.median(costs) * 1e3:.0f} ms")
    print(f"every {params.train.evaluate_every:,} images: {share:.2%} of the training ({low:.2%} to {high:.2%})")


def new_classifier(space: ImageSpace, device: torch.device) -> LoadedClassifier:
    """A classifier with random weights, which takes as long as a trained one."""
    names = list("0123456789")
    config = ClassifierConfig(
        task="class", classes=names, examples=space.format, images=0, accuracy=None, sha256="0" * 64
    )
    module = Classifier(space, len(names)).eval().requires_grad_(False).to(device)
    placed = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return LoadedClassifier(config, placed, device)


if __name__ == "__main__":
    main()
