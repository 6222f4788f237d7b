"""The question translate: held-out images of another dataset made to look like those of the training, and back."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from PIL import Image

from nashgan.evaluation.answer import Answer
from nashgan.evaluation.feature_metrics import measured
from nashgan.evaluation.params import EvaluateParams
from nashgan.features.classifier import LoadedClassifier, load_classifier
from nashgan.features.reference import content_digest
from nashgan.metrics.frechet import frechet_estimate
from nashgan.metrics.interval import Estimate, share
from nashgan.metrics.restoration import pixel_difference
from nashgan.models.generator import LoadedGenerator, load_back, load_sampler
from nashgan.records import samples as sample_files
from nashgan.records import splits
from nashgan.records.evaluation import Baseline, Metric
from nashgan.records.examples import Examples
from nashgan.records.given import Translation
from nashgan.records.paths import Paths

SHOWN = 16  # images in the pictures
RESIZED = "merely resized"  # the baseline: images of the other dataset in the size of the generator's own
ANOTHER = "another image"  # the cycle's baseline: how far another image is from the given one
Images = UInt8[np.ndarray, "n c h w"]
Score = Callable[[Images], Estimate]


@dataclass(frozen=True)
class TranslationMetrics:
    """The metrics that the classifier of the generator's own dataset gives."""

    classifier: LoadedClassifier

    def distance(self, real: Images) -> Score:
        """The fcd from `real`."""
        known = self.classifier.network.features(real)
        return lambda images: frechet_estimate(known, self.classifier.network.features(images), normalised=True)

    def read_right(self, labels: Int64[np.ndarray, " n"]) -> Score:
        """The share of images that are put into the class that `labels` name."""
        return lambda images: share(int((self.classifier.predict(images).argmax(axis=1) == labels).sum()), len(images))


def ask(paths: Paths, evaluate: EvaluateParams, device: torch.device) -> Answer | None:
    """Measure the translated images, both ways. None where the generator does not translate."""
    generator = load_sampler(paths, device=device)
    if generator.images is None or not isinstance(how := generator.images.how, Translation):
        return None
    back, seed = load_back(generator, paths.discriminator), sample_files.read_manifest(paths.samples).seed
    there = np.array(sample_files.read_samples(paths.samples).values)
    given, own = generator.images.true(0, len(there)), _held_out(paths)
    count = min(len(there), len(own))
    real = np.array(own.values[:count])
    forth_and_back = given, there, back.restore(there, seed)
    made_of_real = back.restore(real, seed)
    back_and_forth = real, made_of_real, generator.restore(made_of_real, seed)
    metrics = TranslationMetrics(load_classifier(paths.classifier, device))
    of_both = f"own={content_digest(real)[:8]} other={content_digest(given)[:8]}"
    line, back_line = (f"{how.described} n={len(images)} {of_both}" for images in (given, real))
    tag = metrics.classifier.network.tag
    seen, back_seen = f"{line} {tag}", f"{back_line} {tag}"
    other_train = _first(paths, count, of_other=True)
    found = {
        "translated_fcd": _beside(metrics.distance(real), there, given, _first(paths, len(there)), RESIZED, seen),
        "cycle_error": _cycle(forth_and_back, line),
        "back_fcd": _beside(metrics.distance(given), made_of_real, real, other_train, RESIZED, back_seen),
        "back_cycle_error": _cycle(back_and_forth, back_line),
    }
    if (labels := generator.labels(seed, len(given))) is not None and metrics.classifier.config.task == "class":
        found = {"read_right": _read_right(metrics, there, given, labels, own.first(count), seen)} | found
    return Answer(found, {"there": _rows(generator, forth_and_back), "back": _rows(generator, back_and_forth)})


def _held_out(paths: Paths) -> Examples:
    """The test split. Where it is empty, the validation split, by which weights may have been selected."""
    return splits.read_split(paths.splits, splits.read_manifest(paths.splits).held_out)


def _first(paths: Paths, count: int, of_other: bool = False) -> Images:
    """The first training images, for floors."""
    return np.array(splits.read_split(paths.other_splits if of_other else paths.splits, "train").first(count).values)


def _beside(score: Score, made: Images, given: Images, real: Images, name: str, line: str) -> Metric:
    """A metric of what was made, beside what was given, with real images as the floor."""
    other = score(given)
    record = measured(score(made), score(real), len(made), line, others=len(real))
    return record.model_copy(update={"baseline": Baseline(name=name, value=other.value, interval=other.interval)})


def _read_right(
    metrics: TranslationMetrics, made: Images, given: Images, labels: Int64[np.ndarray, " n"], own: Examples, line: str
) -> Metric:
    """How many translated images are put into the class they were made from. The floor is that of own images."""
    floor = None if own.labels is None else metrics.read_right(np.asarray(own.labels))(np.array(own.values))
    right, other = metrics.read_right(labels)(made), metrics.read_right(labels)(given)
    baseline = Baseline(name=RESIZED, value=other.value, interval=other.interval)
    return measured(right, floor, len(made), line).model_copy(update={"baseline": baseline})


def _cycle(images: tuple[Images, Images, Images], line: str) -> Metric:
    """How far images are from what they were, after both ways; the baseline is how far they are from the next one."""
    given, _, returned = images
    other = pixel_difference(np.roll(given, 1, axis=0), given)
    baseline = Baseline(name=ANOTHER, value=other.value, interval=other.interval)
    found = measured(pixel_difference(returned, given), 0.0, len(given), line)
    return found.model_copy(update={"baseline": baseline})


def _rows(generator: LoadedGenerator, images: tuple[Images, Images, Images]) -> Image.Image:
    count = min(SHOWN, len(images[0]))
    return generator.space.grid(np.concatenate([part[:count] for part in images]), count)
