"""The question restore: held-out images that were degraded and restored, beside the true ones and other methods.

Of clips, what is measured of pictures is averaged over the frames. The classifier sees one frame of each clip, because
frames of one clip are not independent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from PIL import Image

from nashgan.evaluation.answer import Answer
from nashgan.evaluation.classical import classical_name, restore_classically
from nashgan.evaluation.feature_metrics import Metrics, measured
from nashgan.evaluation.params import EvaluateParams
from nashgan.features.classifier import LoadedClassifier, load_classifier
from nashgan.features.reference import content_digest
from nashgan.metrics.frechet import frechet_estimate
from nashgan.metrics.interval import Estimate, share
from nashgan.metrics.restoration import edge_sharpness, psnr, ssim, variety
from nashgan.models.generator import load_sampler
from nashgan.records import samples as sample_files
from nashgan.records import splits
from nashgan.records.degradation import Degradation
from nashgan.records.evaluation import Baseline
from nashgan.records.paths import Paths
from nashgan.runtime.randomness import derive_seed
from nashgan.spaces.space_with_images import SpaceWithImages

ANSWERS = 4  # to the same image with other latents
VARIED = 128  # images that are answered more than once
SHOWN = 16  # images in the picture
CLIPS = 3  # or clips, each a row of frames
NOTHING = "nothing done"
Images = UInt8[np.ndarray, "n *frames c h w"]


@dataclass(frozen=True)
class RestorationMetrics:
    """What restored images are measured by: the true images, their classes where there are any, the classifier."""

    true: Images
    labels: Int64[np.ndarray, " n"] | None
    classifier: LoadedClassifier
    space: SpaceWithImages

    def __call__(self, restored: Images) -> dict[str, Estimate]:
        """Every metric of one set of answers to the same images."""
        made = {"psnr": psnr(restored, self.true), "ssim": ssim(restored, self.true)}
        return made | self.alone(restored)

    def alone(self, images: Images) -> dict[str, Estimate]:
        """The metrics that true images have, too."""
        features, of_true = (
            self.classifier.network.features(self.space.one_image_each(part)) for part in (images, self.true)
        )
        made = {
            "edge_sharpness": edge_sharpness(images),
            "restored_fcd": frechet_estimate(of_true, features, normalised=True),
        }
        if self.labels is not None and self.classifier.config.task == "class":
            right = self.classifier.probabilities(features).argmax(axis=1) == self.labels
            made["restored_accuracy"] = share(int(right.sum()), len(right))
        return made


def ask(paths: Paths, evaluate: EvaluateParams, device: torch.device) -> Answer | None:
    """Measure the restored images. None where the generator was given none."""
    generator = load_sampler(paths, device=device)
    if generator.images is None or not isinstance(generator.images.how, Degradation):
        return None
    space = generator.space
    assert isinstance(space, SpaceWithImages)  # nothing else is restored
    how, seed = generator.images.how, sample_files.read_manifest(paths.samples).seed
    restored = np.array(sample_files.read_samples(paths.samples).values)
    count = len(restored)
    true, given = generator.images.true(0, count), generator.images.degraded(seed, 0, count).numpy()
    labels = generator.labels(seed, count)
    metrics = RestorationMetrics(true, labels, load_classifier(paths.classifier, device), space)
    others = other_methods(generator.images.hidden(seed, count), given, how)
    made = of_methods(metrics, restored, others, _floor(paths, metrics, count), protocol(paths, true, how))
    few = min(count, VARIED)
    answers = np.stack([generator.restore(given[:few], derive_seed(seed, "variety", k)) for k in range(ANSWERS)])
    made["variety"] = measured(variety(answers), None, few, f"{protocol(paths, true, how)} answers={ANSWERS}")
    return Answer(made, {"rows": picture(space, [true, given, *list(others.values())[:-1], restored])})


def picture(space: SpaceWithImages, parts: Sequence[Images]) -> Image.Image:
    """The first images of each part in a row; of clips, which are rows of frames, those of the parts in turn."""
    count = min(len(parts[0]), SHOWN if space.columns > 1 else CLIPS)
    if space.columns > 1:
        return space.grid(np.concatenate([part[:count] for part in parts]), count)
    return space.grid(np.concatenate([part[index : index + 1] for index in range(count) for part in parts]), 1)


def protocol(paths: Paths, true: Images, how: Degradation) -> str:
    """The protocol of the metrics of restored images."""
    split = splits.read_manifest(paths.splits).held_out
    return f"{how.described} n={len(true)} real={split}:{content_digest(true)[:8]}"


def other_methods(masks: torch.Tensor | None, given: Images, how: Degradation) -> dict[str, Images]:
    """Images restored without training, by the name of the method: first the classical one, where there is one."""
    if (name := classical_name(how)) is None:
        return {NOTHING: given}
    pictures = given.reshape(-1, *given.shape[-3:])  # frame by frame
    boxes = None if masks is None else masks.repeat_interleave(len(pictures) // len(given), 0)
    return {name: restore_classically(pictures, boxes, how).reshape(given.shape), NOTHING: given}


def of_methods(
    metrics: RestorationMetrics,
    restored: Images,
    others: Mapping[str, Images],
    floors: Mapping[str, tuple[Estimate, int]],
    line: str,
) -> Metrics:
    """Every metric of the restored images, with what the other methods score; the first of these is the baseline.

    `floors` are those of some metrics, each with the number of images it was measured on.
    """
    scored = {name: metrics(images) for name, images in others.items()}
    made: Metrics = {}
    for metric, estimate in metrics(restored).items():
        beside = [
            Baseline(name=name, value=found[metric].value, interval=found[metric].interval)
            for name, found in scored.items()
        ]
        line_of = f"{line} {metrics.classifier.network.tag}" if metric.startswith("restored") else line
        floor, of_floor = floors.get(metric, (None, None))
        record = measured(estimate, floor, len(restored), line_of, of_floor)
        made[metric] = record.model_copy(update={"baseline": beside[0], "beside": beside[1:]})
    return made


def _floor(paths: Paths, metrics: RestorationMetrics, count: int) -> dict[str, tuple[Estimate, int]]:
    """What the true images score. For restored_fcd, it is the distance of as many training images from them."""
    train = np.array(splits.read_split(paths.splits, "train").first(count).values)
    of_true = {name: (floor, count) for name, floor in metrics.alone(metrics.true).items()}
    return of_true | {"restored_fcd": (metrics.alone(train)["restored_fcd"], len(train))}
