"""What each metric sees and misses: real digits made worse in known ways, measured as `nashgan evaluate-images` does.

Run: python -m benchmarks.metrics, in a repository where `dvc repro reference` was run, on images with labels.

Prints the tables of docs/metrics.md and writes its figures. Real images are shuffled and divided into five parts: the
reference; others; training images beside the reference; spare ones; held-out ones. They are those of all splits, so
that what the classifier was trained on is spread over all parts. Inception, which is slow, does not look again at those
whose features the stage reference has written.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch
from benchmarks.degradations import blur, collapse, duplicate, noise
from benchmarks.tables import size_chart, table

from nashgan.evaluation.feature_metrics import Metrics, measure_features, measured
from nashgan.features.classifier import LoadedClassifier, load_classifier
from nashgan.features.inception import load_inception
from nashgan.features.network import FeatureNetwork
from nashgan.features.reference import content_digest, content_order, draw_sets
from nashgan.metrics.class_histogram import class_kl, classifier_score
from nashgan.metrics.interval import Estimate
from nashgan.metrics.memorisation import memorisation, vector_memorisation
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.records.record import mend
from nashgan.records.reference import STAGE, read_neighbours, read_reference, read_reference_manifest
from nashgan.records.splits import read_held_out, read_split
from nashgan.runtime.device import pick_device
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import write_text
from nashgan.spaces.grid import image_grid, save_png

DIGIT = 3  # the one that is missing or collapses
SIGMA = 0.7  # pixels; the blur whose dependence on N is shown too
SIZES = (100, 200, 500, 1000, 2000, 4000)
REAL, BLURRED = "other real images", f"blur, {SIGMA} pixels"
SHOWN = 10  # examples of each set, and as many more from where the other real images show the digit
TABLES = {
    "On Inception's features": ("fid", "kid", "precision", "recall", "density", "coverage"),
    "On the classifier's features": (
        *("fcd", "fcd_infinity", "kcd"),
        *(f"classifier_{name}" for name in ("precision", "recall", "density", "coverage")),
    ),
    "Classes and memory": (
        "class_kl",
        "classifier_score",
        *(f"memorisation{of}" for of in ("", "_inception", "_pixels")),
    ),
}
DISTANCES = ("fid", "kid", "fcd", "fcd_infinity", "kcd")

Images = np.ndarray  # uint8 (n, c, h, w)
Features = np.ndarray  # float32 (n, d)
Known = tuple[Images, Features]  # images that need not be looked at again, and their features


class Parts:
    """Real images in seeded random order, in five parts of `count`, or of a fifth of them where there are fewer."""

    def __init__(self, data: Examples, count: int) -> None:
        if data.labels is None:
            raise UserError("data/splits: the sets are made of images with labels; choose such a dataset")
        order = np.random.default_rng(0).permutation(len(data))[: 5 * count]
        self.count = len(order) // 5
        self.images, self.labels = data.values[order], data.labels[order]
        self.reference, self.others, self.seen, _, self.held_out = np.split(self.images[: 5 * self.count], 5)
        self.train = np.concatenate([self.reference, self.seen])  # what a generator is supposed to have learnt from

    def sets(self) -> dict[str, Images]:
        """Each set of the tables, of `count` images, by name."""
        n = self.count
        others, labels, tenth = self.others, self.labels[n : 2 * n], n // 10
        spare = slice(3 * n, 4 * n)
        nine = labels != DIGIT
        fill = self.images[spare][self.labels[spare] != DIGIT][: n - nine.sum()]
        return {
            REAL: others,
            BLURRED: blur(others, SIGMA),
            "blur, 1.5 pixels": blur(others, 1.5),
            "noise, 25 grey levels": noise(others, 25),
            f"no {DIGIT} at all": np.concatenate([others[nine], fill]),
            f"every {DIGIT} the same image": collapse(others, labels, DIGIT),
            "a tenth of the images, ten times each": duplicate(others, 10),
            "a tenth are copies of training images": np.concatenate([self.seen[:tenth], others[tenth:]]),
            "all are training images, beside the reference": self.seen,
            "all are training images, the reference itself": self.reference,
        }

    def growing(self) -> dict[str, Images]:
        """The sets of which ever larger parts are measured."""
        others = self.images[self.count :]
        return {REAL: others, BLURRED: blur(others, SIGMA)}


def main() -> None:
    """Print the tables and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000, help="images a set, at most a fifth of all")
    parser.add_argument("--out", type=Path, default=Path("docs/metrics"), help="folder of the figures")
    parser.add_argument("--workspace", type=Path, help="default: the one around the working directory")
    arguments = parser.parse_args()
    began = time.monotonic()
    paths = Paths.find(arguments.workspace)
    device = pick_device().torch
    classifier, inception = load_classifier(paths.classifier, device), load_inception(paths.home, None, device)
    parts = Parts(every_image(paths), arguments.count)
    rows: dict[str, Metrics] = {name: {} for name in parts.sets()}
    sizes: dict[str, dict[str, Metrics]] = {}
    measure(classifier.network, parts, rows, sizes)
    classes_and_pixels(classifier, parts, rows)
    measure(inception, parts, rows, sizes, known_features(paths, inception))
    print(*strips(parts, arguments.out), sep="\n")
    for title, metrics in TABLES.items():
        print("", f"### {title}", "", *table(rows, metrics, REAL), sep="\n")
    for name in (REAL, BLURRED):
        of_name = {size: by_name[name] for size, by_name in sizes.items() if name in by_name}
        print("", f"### By the number of samples: {name}", "", *table(of_name, DISTANCES), sep="\n")
    write_text(arguments.out / "size.svg", size_chart(sizes))
    minutes = (time.monotonic() - began) / 60
    print(f"\n{minutes:.1f} minutes, {torch.get_num_threads()} thread(s), torch {torch.__version__}", file=sys.stderr)


def every_image(paths: Paths) -> Examples:
    """The images of the three splits, with their labels."""
    train, held_out = read_split(paths.splits, "train"), read_held_out(paths.splits)
    labels = None if train.labels is None else np.concatenate([train.labels, np.asarray(held_out.labels)])
    return Examples(np.concatenate([train.values, held_out.values]), labels)


def known_features(paths: Paths, network: FeatureNetwork) -> Known:
    """The real images behind data/reference and the held-out ones beside them, and their features."""
    reference, manifest = read_reference(paths.reference, network), read_reference_manifest(paths.reference)
    data = read_split(paths.splits, manifest.split)
    index = np.concatenate(draw_sets(manifest.count, len(data), manifest.split))
    if content_digest(data.values[index[: manifest.count]]) != reference.digest:
        raise UserError(f"data/reference: not of these images; {mend(STAGE)}")
    unseen = read_neighbours(paths.reference, network).held_out
    images = np.concatenate([data.values[index], read_held_out(paths.splits).values[: len(unseen)]])
    return images, np.concatenate([reference.real, reference.floor, unseen])


def measure(
    network: FeatureNetwork,
    parts: Parts,
    rows: dict[str, Metrics],
    sizes: dict[str, dict[str, Metrics]],
    known: Known | None = None,
) -> None:
    """Add the metrics on the features of `network`: of each set to `rows`, of parts of growing sets to `sizes`."""
    sets, growing = parts.sets(), parts.growing()
    given = [parts.reference, parts.train, parts.held_out, *sets.values(), *growing.values()]
    reference, train, held_out, *features = features_once(network, given, known)
    reference = reference[content_order(parts.reference)]
    for (name, images), found in zip(sets.items(), features, strict=False):
        rows[name] |= measure_features(network, reference, found[content_order(images)], None, "")
        rows[name] |= alone(network.metric_name("memorisation"), memorisation(found, held_out, train), len(images))
    for (name, images), found in zip(growing.items(), features[len(sets) :], strict=True):
        for size in (size for size in SIZES if size <= len(images)):
            part = found[:size][content_order(images[:size])]
            every = measure_features(network, reference, part, None, "")
            kept = {metric: every[metric] for metric in DISTANCES if metric in every}
            sizes.setdefault(f"{size:,}", {}).setdefault(name, {}).update(kept)


def features_once(network: FeatureNetwork, sets: list[Images], known: Known | None = None) -> list[Features]:
    """The features of each set. An image that is in several is looked at once, and one that is `known` not at all."""
    every = np.concatenate([*sets] if known is None else [known[0], *sets])
    _, first, places = np.unique(every.reshape(len(every), -1), axis=0, return_index=True, return_inverse=True)
    given = np.zeros((0, network.dim), np.float32) if known is None else known[1]
    new = first >= len(given)
    features = np.empty((len(first), network.dim), np.float32)
    features[~new] = given[first[~new]]
    features[new] = network.features(every[first[new]])
    ends = np.cumsum([len(given), *(len(images) for images in sets)])
    return np.split(features[places.reshape(-1)], ends[:-1])[1:]


def classes_and_pixels(classifier: LoadedClassifier, parts: Parts, rows: dict[str, Metrics]) -> None:
    """Add the metrics that need more than features, computed as in the stage evaluate."""
    sets, to_vectors = parts.sets(), classifier.config.space.to_vectors
    reference, *features = features_once(classifier.network, [parts.reference, *sets.values()])
    real = classifier.probabilities(reference).argmax(axis=1)
    for (name, images), found in zip(sets.items(), features, strict=True):
        probabilities = classifier.probabilities(found)
        estimates = {
            "class_kl": class_kl(real, probabilities.argmax(axis=1), classifier.config.classes),
            "classifier_score": classifier_score(probabilities),
            "memorisation_pixels": vector_memorisation(images, parts.held_out, parts.train, to_vectors),
        }
        for metric, one in estimates.items():
            rows[name] |= alone(metric, one, len(images))


def alone(metric: str, estimate: Estimate, samples: int) -> Metrics:
    """A metric without floor and protocol: the first row is the floor, and the page says the protocol."""
    return {metric: measured(estimate, None, samples, "")}


def strips(parts: Parts, folder: Path) -> list[str]:
    """A Markdown table of images of each set, each row's picture written to `folder`."""
    lines = ["| set | some of its images |", "|---|---|"]
    of_digit = np.flatnonzero(parts.labels[parts.count : 2 * parts.count] == DIGIT)
    shown = np.concatenate([np.arange(SHOWN), of_digit[of_digit >= SHOWN][:SHOWN]])
    for name, images in parts.sets().items():
        file = "-".join("".join(letter if letter.isalnum() else " " for letter in name).split()) + ".png"
        save_png(folder / file, image_grid(images[shown], len(shown)))
        lines.append(f"| {name} | ![{name}]({folder.name}/{file}) |")
    return lines


if __name__ == "__main__":
    main()
