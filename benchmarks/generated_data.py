"""Whether generated images help as training data: `python -m benchmarks.generated_data`, after `make repro`.

The classification accuracy score (Ravuri and Vinyals, 2019): the pipeline's classifier is trained on samples of the
generator, on real images, and on both, and tested on held-out real images. Each is trained on as many images seen. It
needs a generator that is told the classes. It prints a Markdown table of the workspace it is run in.
"""

import argparse

import numpy as np
import torch
from jaxtyping import Bool

from nashgan.data.few_labels import draw_labelled
from nashgan.features.classifier import predict
from nashgan.features.classifier_training import train_classifier
from nashgan.features.params import ClassifierParams
from nashgan.metrics.interval import normal_interval, share, standard_error
from nashgan.models.generator import load_generator
from nashgan.records import splits
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError

CPU = torch.device("cpu")
BATCH, LR = 64, 0.002


def joined(*parts: Examples) -> Examples:
    """The examples and labels of all parts, one part after the other."""
    labels = [np.asarray(part.labels) for part in parts]
    return Examples(np.concatenate([np.asarray(part.values) for part in parts]), np.concatenate(labels))


def answers_right(
    data: Examples, test: Examples, classes: list[str], images: int, seeds: int
) -> Bool[np.ndarray, "seeds n"]:
    """On which test images a classifier that was trained on `data` is right, for each training seed."""
    right = []
    for seed in range(seeds):
        params = ClassifierParams(seed=seed, images=images, batch=BATCH, lr=LR)
        module = train_classifier(data, classes, params, CPU)
        answers = predict(module, np.asarray(test.values), CPU).argmax(axis=1)
        right.append(answers == np.asarray(test.labels))
    return np.stack(right)


def row(name: str, right: np.ndarray, beside: np.ndarray | None) -> str:
    """Mean accuracy over the seeds with its interval over the test images, and the paired gain over `beside`."""
    mean, count = right.mean(), right.shape[1]
    interval = share(round(mean * count), count).interval or (0.0, 1.0)
    each = ", ".join(f"{100 * one:.1f}" for one in right.mean(axis=1))
    gain = "–"
    if beside is not None:
        difference = (right.astype(float) - beside).mean(axis=0)
        low, high = normal_interval(float(difference.mean()), standard_error(difference))
        gain = f"{100 * difference.mean():+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"
    return f"| {name} | {100 * mean:.1f} ({100 * interval[0]:.1f} to {100 * interval[1]:.1f}) | {each} | {gain} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--real", type=int, nargs="+", default=[200, 4000], help="numbers of real images")
    parser.add_argument("--samples", type=int, default=4000, help="generated images")
    parser.add_argument("--images", type=int, default=12_800, help="images seen in each training")
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each")
    options = parser.parse_args()
    paths = Paths.find()
    generator = load_generator(paths.generator)
    labels = generator.labels(0, options.samples)
    if labels is None:
        raise UserError(f"{paths.generator}: this generator is not told the classes; train with model.conditional=true")
    manifest, train, test = (
        splits.read_manifest(paths.splits),
        *(
            splits.read_split(paths.splits, "train"),
            splits.read_held_out(paths.splits),
        ),
    )
    classes = manifest.classes or []
    samples = Examples(generator.sample(0, options.samples), labels)
    print("| trained on | right, % | each seed | gain over the real images alone |\n|---|---|---|---|", flush=True)

    def measure(data: Examples) -> np.ndarray:
        return answers_right(data, test, classes, options.images, options.seeds)

    print(row(f"{len(samples):,} samples", measure(samples), None), flush=True)
    for count in options.real:
        index = draw_labelled(np.asarray(train.labels), classes, min(count, len(train)), seed=0)
        real = Examples(np.asarray(train.values)[index], np.asarray(train.labels)[index])
        alone = measure(real)
        print(row(f"{len(real):,} real", alone, None), flush=True)
        print(row(f"{len(real):,} real, {len(samples):,} samples", measure(joined(real, samples)), alone), flush=True)


if __name__ == "__main__":
    main()
