"""The dataset in the workspace beside the dataset of a commit, a tag or an experiment."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from nashgan.data_quality.drift import class_drift, feature_drift, pixels
from nashgan.data_quality.quality import Found, Quality
from nashgan.features.classifier import load_classifier
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.records.splits import SplitsManifest, read_manifest, read_split
from nashgan.runtime.errors import UserError
from nashgan.spaces import SPACES

FEATURES = 10_000  # images of each version whose features are compared


def measure_drift(paths: Paths, revision: str, device: torch.device) -> Quality:
    """Drift of classes, pixels and features between the training splits of `revision` and of the workspace.

    Raises UserError where `revision` has no splits, or its files are in no DVC cache or remote that is known here.
    """
    with splits_of(paths, revision) as other:
        manifests = read_manifest(paths.splits), read_manifest(other.splits)
        here, there = (read_split(folder, "train") for folder in (paths.splits, other.splits))
        digests = [manifest.splits["train"].sha256 for manifest in manifests]
        if digests[0] == digests[1]:
            return {"drift": Found(f"none: the training split of {revision} is the same to the last byte")}
        return {
            "drift of classes": _classes(*manifests),
            "drift of pixels": _pixels(here, there),
            "drift of features": _features(paths, *manifests, here, there, device),
        }


@contextmanager
def splits_of(paths: Paths, revision: str) -> Iterator[Paths]:
    """A workspace with the data/splits of `revision` alone, which is removed at the end. Raises UserError."""
    from dvc.api import DVCFileSystem  # type: ignore[import-untyped]  # it takes a second
    from dvc.exceptions import DvcException  # type: ignore[import-untyped]

    name = paths.name(paths.splits)
    with TemporaryDirectory() as folder:
        try:
            files = DVCFileSystem(str(paths.home), rev=revision)
            files.get(name, str(Path(folder) / name), recursive=True)
        except (DvcException, OSError) as error:
            why = " ".join(str(error).split())
            raise UserError(f"{revision}: no {name} there ({why}); `dvc exp pull` or `dvc fetch` may have it") from None
        yield Paths(Path(folder))


def _classes(here: SplitsManifest, there: SplitsManifest) -> Found:
    counts = [_histogram(manifest) for manifest in (here, there)]
    if not all(counts):
        return Found("not looked for: the examples have no labels")
    found = class_drift(*counts)
    return Found(
        f"Jensen-Shannon divergence {found.divergence:.2g} bits (0: equal proportions, 1: no class in common), "
        f"chi-square test of equal proportions p = {found.p_value:.2g}"
    )


def _histogram(manifest: SplitsManifest) -> dict[str, int]:
    return dict(zip(manifest.classes or (), manifest.splits["train"].histogram or (), strict=False))


def _pixels(here: Examples, there: Examples) -> Found:
    if any(data.values.dtype != np.uint8 for data in (here, there)):
        return Found("not looked for: the examples have no pixels")
    (mean, deviation), (former, spread) = pixels(here.values), pixels(there.values)
    return Found(
        f"mean {mean:.2f}, there {former:.2f}; standard deviation {deviation:.2f}, there {spread:.2f} (of 0 to 255)"
    )


def _features(
    paths: Paths,
    of_here: SplitsManifest,
    of_there: SplitsManifest,
    here: Examples,
    there: Examples,
    device: torch.device,
) -> Found:
    if "inception" not in SPACES[of_here.examples.space].networks:
        return Found("not looked for: the classifier looks at images only")
    if of_here.examples != of_there.examples:
        shapes = [" × ".join(map(str, manifest.examples.shape)) for manifest in (of_here, of_there)]
        return Found(f"not looked for: these images have the shape {shapes[0]}, those {shapes[1]}")
    if len(here) < 4 or len(there) < 2:
        return Found("not looked for: there are too few images")
    network = load_classifier(paths.classifier, device).network
    sets = [network.features(data.values[: part * FEATURES]) for data, part in ((here, 2), (there, 1))]
    found = feature_drift(*sets)
    return Found(
        f"fcd {found.fcd:.3g} between {found.count:,} images of each, floor {found.floor:.3g} (between "
        "as many images of here alone)"
    )
