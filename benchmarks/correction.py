"""What `generate.correct` brings: distance, precision, recall and time of corrected samples of one generator.

Run: python -m benchmarks.correction none reject:0.5:100 metropolis::20, in a repository whose pipeline has run. Each
argument is correct:share:steps. On classifier features; the workspace is not changed.
"""

import argparse
import tempfile
import time
from pathlib import Path

from nashgan.evaluation.view import View
from nashgan.features.classifier import load_classifier
from nashgan.models.generator import load_generator
from nashgan.models.params import GenerateParams
from nashgan.records.paths import Paths
from nashgan.records.reference import read_reference
from nashgan.records.samples import read_correction
from nashgan.runtime.device import pick_device
from nashgan.stages.generate import apply_correction

SHOWN = ("fcd", "classifier_precision", "classifier_recall")


def main() -> None:
    """Print a row for each correction: metrics with intervals, class accuracy, processor seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corrections", nargs="+", help="correct:share:steps, the last two may be empty or left out")
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--workspace", type=Path, help="default: the one around the working directory")
    arguments = parser.parse_args()
    home = Paths.find(arguments.workspace)
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths(Path(folder))
        for path in (home.splits, home.reference, home.classifier, home.generator, home.discriminator):
            link = paths.root / home.name(path)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path.resolve())
        for correction in arguments.corrections:
            print(f"{correction:18}", measured(paths, asked(correction, arguments.samples)), flush=True)


def asked(words: str, samples: int) -> GenerateParams:
    """``reject:0.5:100`` as the section generate of params.yaml."""
    correct, share, steps = (words + "::").split(":")[:3]
    return GenerateParams.model_validate(
        {
            "seed": 0,
            "samples": samples,
            "correct": correct,
            "share": float(share) if share else None,
            "steps": int(steps) if steps else None,
        }
    )


def measured(paths: Paths, generate: GenerateParams) -> str:
    """The row of one correction."""
    device = pick_device().torch
    classifier = load_classifier(paths.classifier, device)
    reference = read_reference(paths.reference, classifier.network).beside(generate.samples)
    generator = load_generator(paths.generator, device=device)
    start = time.process_time()
    apply_correction(generator, paths, generate)
    fitted = time.process_time()
    values = generator.sample(generate.seed, generate.samples)
    done = time.process_time()
    view = View(classifier.network, reference, values)
    cells = []
    for name, metric in view.distances(floors=False).items():
        if name in SHOWN and metric.interval and metric.value is not None:
            cells.append(f"{name} {metric.value:.4f} ({metric.interval[0]:.4f} to {metric.interval[1]:.4f})")
    labels = generator.labels(generate.seed, generate.samples)
    if labels is not None:
        right = (classifier.probabilities(view.features).argmax(axis=1) == labels).mean()
        cells.append(f"class accuracy {right:.4f}")
    return "  ".join([*cells, *kept(paths), f"{fitted - start:.1f} s to fit", f"{done - fitted:.1f} s to sample"])


def kept(paths: Paths) -> list[str]:
    """The cell with the share of the generator's own examples that are kept; none where nothing was rejected."""
    correction = read_correction(paths.correction)
    return [] if correction is None or correction.accepted is None else [f"keeps {correction.accepted:.2g}"]


if __name__ == "__main__":
    main()
