"""The evaluation of clips: their frames by the pipeline's classifier, their motion, and how near training clips are."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import UInt8

from nashgan.evaluation.critic import INDIFFERENT
from nashgan.evaluation.examples import ExampleSets, measure_examples, read_sets
from nashgan.evaluation.feature_metrics import Metrics, measured
from nashgan.evaluation.params import EvaluateParams
from nashgan.features.classifier import LoadedClassifier, load_classifier
from nashgan.metrics.frechet import frechet_estimate
from nashgan.metrics.interval import Estimate, share
from nashgan.metrics.memorisation import vector_memorisation
from nashgan.metrics.motion import motion_distance, motions
from nashgan.records import splits
from nashgan.records.evaluation import Baseline
from nashgan.records.paths import Paths
from nashgan.runtime.randomness import derive_seed
from nashgan.spaces.video import VideoSpace

Clips = UInt8[np.ndarray, "_ t c h w"]
BASELINE = "independent frames"


def measure(paths: Paths, evaluate: EvaluateParams, device: torch.device) -> Metrics:
    """Compare the samples with real clips. Raises UserError as `read_sets`, and for a classifier of other frames."""
    sets, classifier = read_sets(paths), load_classifier(paths.classifier, device)
    space = VideoSpace.of(sets.manifest.examples)
    classifier.check(space.all_images(sets.real[:1]))
    baseline = independent_frames(sets)
    network = classifier.network.tag
    made = measure_examples(
        sets,
        measure_clips(space, classifier, sets.real),
        evaluate,
        device,
        baseline=(BASELINE, baseline),
        protocols={"frame_fcd": f"{network} one-frame-a-clip", "identity": f"{network} frames={space.frames}"},
    )
    with device:
        return made | memory(sets, space, baseline)


def measure_clips(
    space: VideoSpace, classifier: LoadedClassifier, real: Clips
) -> Callable[[Clips], dict[str, Estimate]]:
    """The metrics of one set of clips, as a function of it; what they need of the real clips is computed once."""
    of_real = motions(real)
    real_features = classifier.network.features(space.one_image_each(real))

    def of_clips(clips: Clips) -> dict[str, Estimate]:
        features = classifier.network.features(space.all_images(clips))
        by_clip = features.reshape(len(clips), space.frames, -1)
        index = np.arange(len(clips))
        one_each = by_clip[index, index % space.frames]
        made = {
            "frame_fcd": frechet_estimate(real_features, one_each, normalised=True),
            "motion_distance": motion_distance(of_real, motions(clips)),
        }
        if classifier.config.task == "class":  # by a classifier of rotations, every upright frame is alike
            answers = classifier.probabilities(features).argmax(axis=1).reshape(len(clips), space.frames)
            same = (answers == answers[:, :1]).all(axis=1)
            made["identity"] = share(int(same.sum()), len(clips))
        return made

    return of_clips


def independent_frames(sets: ExampleSets) -> Clips:
    """As many clips, each frame of which is that of another training clip at the same time: the baseline."""
    random = np.random.default_rng(derive_seed(sets.seed, BASELINE))
    train = sets.train.values
    count, frames = len(sets.samples), train.shape[1]
    made = [train[np.sort(random.integers(len(train), size=count)), time] for time in range(frames)]
    shuffled: Clips = np.stack([random.permutation(frame) for frame in made], axis=1)
    return shuffled


def memory(sets: ExampleSets, space: VideoSpace, baseline: Clips) -> Metrics:
    """How close the samples are to training clips, beside held-out clips. Nothing where there are fewer than two."""
    held_out = splits.read_held_out(sets.paths.splits, len(sets.samples)).values
    if len(held_out) < 2:
        return {}
    train = sets.train.values
    found, of_baseline = (
        vector_memorisation(clips, held_out, train, space.to_vectors) for clips in (sets.samples, baseline)
    )
    sizes = f"n={len(sets.samples)} train={len(train)} held_out={len(held_out)}"
    metric = measured(
        found, INDIFFERENT, len(sets.samples), f"{space.vectors_described} {sizes} splits:{sets.manifest.digest[:8]}"
    )
    simple = Baseline(name=BASELINE, value=of_baseline.value, interval=of_baseline.interval)
    return {"memorisation_pixels": metric.model_copy(update={"baseline": simple})}
