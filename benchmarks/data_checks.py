"""python -m benchmarks.data_checks: what the checks of the data find, in the workspace of a finished `dvc repro`.

Copies of 300 training images that were changed a little, and 50 exchanged labels among the held-out images.
"""

import io
from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from nashgan.data_quality.label_noise import label_noise
from nashgan.data_quality.near_duplicates import NEAR, near_duplicates
from nashgan.features.classifier import load_classifier
from nashgan.records.paths import Paths
from nashgan.records.splits import read_held_out, read_split
from nashgan.runtime.device import pick_device

COPIES, EXCHANGED = 300, 50
Images = UInt8[np.ndarray, "n c h w"]


def noise(deviation: float) -> Callable[[Images], Images]:
    """Normal noise of so many grey levels."""
    random = np.random.default_rng(0)
    return lambda images: np.clip(images + random.normal(0, deviation, images.shape), 0, 255).astype(np.uint8)


def jpeg(quality: int) -> Callable[[Images], Images]:
    """Each channel through a JPEG file of this quality."""

    def through(channel: UInt8[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w"]:
        file = io.BytesIO()
        Image.fromarray(channel).save(file, "JPEG", quality=quality)
        return np.asarray(Image.open(file))

    return lambda images: np.stack([np.stack([through(channel) for channel in image]) for image in images])


CHANGES: dict[str, Callable[[Images], Images]] = {
    "noise, 2 grey levels": noise(2),
    "noise, 8 grey levels": noise(8),
    "JPEG, quality 90": jpeg(90),
    "JPEG, quality 75": jpeg(75),
    "moved by a pixel": lambda images: np.roll(images, 1, axis=3),
}


def main() -> None:
    """Print how many changed copies are found as near-duplicates, and how many exchanged labels as doubtful."""
    paths = Paths.find()
    classifier = load_classifier(paths.classifier, pick_device().torch)
    train, held_out = read_split(paths.splits, "train").values, read_held_out(paths.splits)
    features = classifier.network.features(train)
    print(f"near-duplicates (limit {NEAR:g}) among {len(train):,} images: {len(near_duplicates(features).pairs)} pairs")
    for name, change in CHANGES.items():
        copies = classifier.network.features(change(np.array(train[:COPIES])))
        pairs = near_duplicates(np.concatenate([features, copies])).pairs
        found = {int(other) for one, other in pairs if other == one + len(train)}
        print(f"{name}: {len(found)} of {len(copies)} copies found, {len(pairs) - len(found)} other pairs")
    if held_out.labels is None:
        return
    probabilities, labels = classifier.predict(held_out.values), np.array(held_out.labels)
    print(f"doubtful labels: {len(label_noise(probabilities, labels).doubtful)} of {len(labels):,}")
    random = np.random.default_rng(0)
    wrong = random.permutation(len(labels))[:EXCHANGED]
    labels[wrong] = (labels[wrong] + random.integers(1, probabilities.shape[1], len(wrong))) % probabilities.shape[1]
    found = set(label_noise(probabilities, labels).doubtful.tolist())
    hits = len(found & set(wrong.tolist()))
    print(f"after {len(wrong)} labels were exchanged: {hits} of them found, {len(found) - hits} others")


if __name__ == "__main__":
    main()
