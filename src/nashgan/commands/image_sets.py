"""``nashgan evaluate-images`` and ``nashgan features``: the same metrics for images made anywhere."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Shaped, UInt8

from nashgan.data.folder import open_tree, read_image, tree_source
from nashgan.data.params import DataParams
from nashgan.evaluation.feature_metrics import Metrics, measure_features
from nashgan.evaluation.judge import measure_judge
from nashgan.features.classifier import load_classifier
from nashgan.features.inception import load_inception
from nashgan.features.network import FeatureNetwork
from nashgan.features.reference import content_digest, content_order
from nashgan.metrics import METRICS
from nashgan.records.arrays import read_array, write_array
from nashgan.records.evaluation import write_evaluation
from nashgan.records.names import Resizer
from nashgan.records.raw import Unreadable
from nashgan.runtime.device import pick_device
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import check_file
from nashgan.runtime.progress import progress

FORMS = "uint8 of the form (N, C, H, W), (N, H, W, C) or (N, H, W), C being 1, 3 or 4"
ImageSet = str | Path | np.ndarray
CHANNELS = {1: "grey", 3: "colour", 4: "colour and alpha"}


@dataclass(frozen=True)
class Networks:
    """The feature networks: Inception, and a classifier of this pipeline if its folder is given."""

    inception_weights: Path | None = None
    classifier: Path | None = None
    resizer: Resizer = "bilinear"

    def load(self, *sets: UInt8[np.ndarray, "_ _ _ _"]) -> list[FeatureNetwork]:
        """The networks. Raises UserError where one is missing or broken, or the classifier needs other images."""
        inception = replace(self, classifier=None).chosen(*sets)
        return [inception] if self.classifier is None else [inception, self.chosen(*sets)]

    def chosen(self, *sets: UInt8[np.ndarray, "_ _ _ _"]) -> FeatureNetwork:
        """The classifier where its folder is given, else Inception. Raises UserError as `load`."""
        device = pick_device().torch
        if self.classifier is None:
            weights = str(self.inception_weights.resolve()) if self.inception_weights else None
            return load_inception(Path.cwd(), weights, device, self.resizer)
        loaded = load_classifier(self.classifier, device)
        for images in sets:
            if (found := images.shape[1:]) != (wanted := loaded.config.examples.shape):
                raise UserError(
                    f"{self.classifier}: trained on images of {wanted}, these are {found} (channels, height, width); "
                    "give it such images, or set --size"
                )
        return loaded.network


def compare_images(
    real: ImageSet,
    images: ImageSet,
    other_real: ImageSet | None,
    size: int | None,
    networks: Networks,
    metrics: Iterable[str] = METRICS,
) -> Metrics:
    """The `metrics` of `images` against `real`, as in reports/evaluation.json. Floors are null without `other_real`.

    Each set is a folder or zip of images, a .npy file, or an array; see `read_pictures`. All images of a set are used.
    Raises UserError for a set of fewer than two images, and as `read_pictures` and `Networks.load`.
    """
    sets = _read_sets([one for one in (real, images, other_real) if one is not None], size)
    entries: Metrics = {}
    for network in networks.load(*sets):
        features = [network.features(pictures)[content_order(pictures)] for pictures in sets]
        line = f"{network.tag} resizer={network.resizer} n={len(sets[1])}"
        line += "" if len(sets[0]) == len(sets[1]) else f" of-real={len(sets[0])}"
        line += f" real=images:{content_digest(sets[0])[:8]}"
        floor = features[2] if len(features) == 3 else None
        entries |= measure_features(network, features[0], features[1], floor, line, metrics)
    return entries


def judge_images(real: Path, images: Path, other_real: Path | None, size: int | None, seed: int) -> Metrics:
    """How well a discriminator trained on half of the images tells the others apart. Sets as in `compare_images`."""
    sets = _read_sets([one for one in (real, images, other_real) if one is not None], size)
    return measure_judge(sets[0], sets[1], sets[2] if other_real else None, seed, pick_device().torch)


def _read_sets(paths: Sequence[ImageSet], size: int | None) -> list[UInt8[np.ndarray, "_ _ _ _"]]:
    """The sets to compare. Raises UserError where one has a single image, or other channels than the first."""
    sets = [read_pictures(path, size) for path in paths]
    first = sets[0].shape[1]
    names = ["array" if isinstance(path, np.ndarray) else str(path) for path in paths]
    for path, pictures in zip(names, sets, strict=True):
        if len(pictures) < 2:
            raise UserError(f"{path}: one image is no set to compare; name a folder, zip or array of several")
        if pictures.shape[1] != first:
            found, wanted = CHANNELS[pictures.shape[1]], CHANNELS[first]
            raise UserError(
                f"{path}: these images are {found}, those of {names[0]} are {wanted}; convert one of the sets"
            )
    return sets


def evaluate_images(
    real: Path, images: Path, other_real: Path | None, size: int | None, networks: Networks, out: Path | None
) -> None:
    """Print `compare_images` as JSON, or write it to `out`."""
    tell(compare_images(real, images, other_real, size, networks), out)


def tell(entries: Metrics, out: Path | None) -> None:
    """Print metrics as JSON, or write them to `out`."""
    if out is None:
        print(
            json.dumps(
                {name: one.model_dump(mode="json", exclude_unset=True) for name, one in entries.items()}, indent=2
            )
        )
    else:
        write_evaluation(out, entries)


def export_features(path: Path, out: Path, size: int | None, networks: Networks) -> None:
    """Write the features of the images at `path`, float32 (N, d): the classifier's where given, else Inception's."""
    if out.suffix != ".npy":
        raise UserError(f"{out}: features are written as a .npy file; name one")
    check_file(out)
    pictures = read_pictures(path, size)
    network = networks.chosen(pictures)
    write_array(out, network.features(pictures))
    print(f"{out}: {len(pictures)} x {network.dim}, {network.name} {network.sha256[:8]}, resizer {network.resizer}")


def read_pictures(path: ImageSet, size: int | None) -> UInt8[np.ndarray, "n c h w"]:
    """The images of a folder or zip, square with `size` pixels a side (None: those of the first), or of an array.

    Raises UserError where there is no image, or one is not readable.
    """
    if isinstance(path, np.ndarray):
        return _from_array(path, "array")
    path = Path(path)
    if path.suffix == ".npy":
        return _from_array(read_array(path, f"it must be {FORMS}"), str(path))
    tree = open_tree(path)
    if not tree.names:
        raise UserError(f"{path}: no images there; name a folder or zip of images, or a .npy array")
    first = read_image(tree, tree.names[0], lambda image: min(image.size))
    if isinstance(first, Unreadable):
        raise UserError(f"{path}: {first.name} is not readable ({first.reason}); repair or remove it")
    settings = DataParams.of_pictures(path, size or first)
    source = tree_source(tree, settings, None, None, {})
    pictures = np.empty((source.count, *source.format.shape), np.uint8)
    with progress(f"read {path.name}", source.count) as advance:
        for place, image in enumerate(source.examples):
            if isinstance(image, Unreadable):
                raise UserError(f"{path}: {image.name} is not readable ({image.reason}); repair or remove it")
            pictures[place] = image
            advance(1)
    return pictures


def _from_array(array: Shaped[np.ndarray, "..."], name: str) -> UInt8[np.ndarray, "n c h w"]:
    if array.ndim == 3:
        array = array[:, None]
    elif array.ndim == 4 and array.shape[1] not in CHANNELS:
        array = array.transpose(0, 3, 1, 2)
    if array.dtype != np.uint8 or array.ndim != 4 or array.shape[1] not in CHANNELS or not array.size:
        raise UserError(f"{name}: must be {FORMS}; is {array.dtype} {array.shape}")
    return array
