"""Features of real images on disk, with what identifies them, and the protocol of a metric taken against them."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int64, UInt8
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from nashgan.data.splitting import seeded_digests
from nashgan.features.network import FeatureNetwork
from nashgan.metrics.moments import check_finite
from nashgan.records.arrays import read_array, write_array
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import atomic_path
from nashgan.runtime.randomness import derive_seed

FORMAT = "1"
MEND = "run `dvc repro reference`"


@dataclass(frozen=True)
class Reference:
    """Two disjoint sets of real images, as one feature network sees them.

    Samples are compared with `real`. The distance of `floor` from `real` is what perfect samples would score.
    """

    real: Float32[np.ndarray, "n d"]
    floor: Float32[np.ndarray, "n d"]
    network: str
    network_sha256: str
    resizer: str
    split: str
    digest: str  # of the images behind `real`

    def first(self, count: int) -> "Reference":
        """The same with `count` images a set: a Fréchet distance depends on their number. Splits are shuffled."""
        return replace(self, real=self.real[:count], floor=self.floor[:count])

    @property
    def protocol(self) -> str:
        """One line; metrics of different lines are never compared."""
        network = f"{self.network}:{self.network_sha256[:8]}"
        return f"{network} resizer={self.resizer} n={len(self.real)} real={self.split}:{self.digest[:8]}"


def draw_sets(count: int, available: int, split: str) -> tuple[Int64[np.ndarray, " n"], Int64[np.ndarray, " n"]]:
    """Indices of two disjoint sets of `count` images, or of half of them each where fewer are available.

    The same numbers give the same sets. Raises UserError for fewer than two images a set.
    """
    count = min(count, available // 2)
    if count < 2:
        raise UserError(f"params.yaml: reference.split: {split} has {available} images, two sets of two need 4")
    order = np.random.default_rng(derive_seed(0, "reference")).permutation(available)
    return np.sort(order[:count]), np.sort(order[count : 2 * count])


def content_digest(images: UInt8[np.ndarray, "n c h w"]) -> str:
    """The sha256 of the images' shape and pixels."""
    digest = hashlib.sha256(repr(images.shape).encode())
    digest.update(np.ascontiguousarray(images).data)
    return digest.hexdigest()


def content_order(images: UInt8[np.ndarray, "n c h w"]) -> Int64[np.ndarray, " n"]:
    """The order by the images' digests: the same images in it are the same sequence, however they came.

    Metrics that draw subsets are given features in this order, so that they do not depend on that of the samples.
    """
    order: np.ndarray = np.lexsort(seeded_digests(images, 0).T)
    return order


def compute_reference(
    network: FeatureNetwork, real: UInt8[np.ndarray, "n c h w"], floor: UInt8[np.ndarray, "n c h w"], split: str
) -> Reference:
    """The features of both sets. Raises UserError where the network answers with values that are not finite."""
    of_real, of_floor = network.features(real), network.features(floor)
    check_finite(of_real)
    check_finite(of_floor)
    return Reference(of_real, of_floor, network.name, network.sha256, network.resizer, split, content_digest(real))


def write_reference(folder: Path, reference: Reference) -> None:
    """Write ``<network>.safetensors``."""
    metadata = {
        "format": FORMAT,
        "network": reference.network,
        "network_sha256": reference.network_sha256,
        "resizer": reference.resizer,
        "split": reference.split,
        "digest": reference.digest,
    }
    with atomic_path(folder / f"{reference.network}.safetensors") as temporary:
        temporary.write_bytes(save({"real": reference.real, "floor": reference.floor}, metadata))


def read_reference(folder: Path, network: FeatureNetwork) -> Reference:
    """Read what `write_reference` wrote for `network`.

    Raises UserError where the file is missing or broken, or the features come from another network than this.
    """
    path = folder / f"{network.name}.safetensors"
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, not a mapping
    except FileNotFoundError:
        raise UserError(f"{path}: not found; {MEND}") from None
    except (OSError, SafetensorError) as error:
        raise UserError(f"{path}: not a safetensors file ({error}); {MEND}") from error
    if metadata.pop("format", None) != FORMAT or tensors.keys() != {"real", "floor"}:
        raise UserError(f"{path}: not features of real images of format {FORMAT}; {MEND}")
    try:
        reference = Reference(**tensors, **metadata)
    except TypeError:
        raise UserError(f"{path}: does not say which images and network its features come from; {MEND}") from None
    identity = (reference.network, reference.network_sha256, reference.resizer)
    if identity != (network.name, network.sha256, network.resizer):
        raise UserError(f"{path}: features of another {network.name} network than the one in use; {MEND}")
    expected = (len(reference.real), network.dim)
    for values in (reference.real, reference.floor):
        if values.shape != expected or values.dtype != np.float32:
            raise UserError(f"{path}: must hold float32 {expected}, holds {values.dtype} {values.shape}; {MEND}")
    return reference


@dataclass(frozen=True)
class Neighbours:
    """Features of training images, to look for the neighbours of samples among, and of images that no training saw.

    `places` are those of the rows of `train` in the training split.
    """

    train: Float32[np.ndarray, "n d"]
    held_out: Float32[np.ndarray, "m d"]
    places: Int64[np.ndarray, " n"]


def write_neighbours(folder: Path, network: str, neighbours: Neighbours) -> None:
    """Write ``<network>.train.npy``, ``<network>.held_out.npy`` and ``<network>.places.npy``."""
    for name in ("train", "held_out", "places"):
        write_array(folder / f"{network}.{name}.npy", getattr(neighbours, name))


def read_neighbours(folder: Path, network: FeatureNetwork) -> Neighbours:
    """Memory-map what `write_neighbours` wrote for `network`. Raises UserError where a file is missing or broken."""
    paths = [folder / f"{network.name}.{name}.npy" for name in ("train", "held_out", "places")]
    train, held_out, places = (read_array(path, MEND) for path in paths)
    for path, array in zip(paths, (train, held_out), strict=False):
        if array.dtype != np.float32 or array.shape[1:] != (network.dim,):
            raise UserError(f"{path}: must hold float32 (N, {network.dim}), is {array.dtype} {array.shape}; {MEND}")
    if places.dtype != np.int64 or places.shape != (len(train),) or not len(places) or places.min() < 0:
        raise UserError(f"{paths[2]}: does not fit {paths[0].name}; {MEND}")
    return Neighbours(train, held_out, places)


def write_labels(folder: Path, real: Int64[np.ndarray, " n"] | None, floor: Int64[np.ndarray, " n"] | None) -> None:
    """Write the labels of the two sets, or take away those of an earlier dataset where there are none."""
    for name, labels in (("real", real), ("floor", floor)):
        path = folder / f"{name}.labels.npy"
        if labels is None:
            path.unlink(missing_ok=True)
        else:
            write_array(path, labels)


def read_labels(folder: Path, classes: int) -> tuple[Int64[np.ndarray, " n"], Int64[np.ndarray, " n"]] | None:
    """The labels of `Reference.real` and `Reference.floor`, 0 … `classes` - 1; None where the dataset has none.

    Raises UserError where one file is missing or one is broken.
    """
    paths = [folder / f"{name}.labels.npy" for name in ("real", "floor")]
    if not any(path.exists() for path in paths):
        return None
    real, floor = (read_array(path, MEND) for path in paths)
    for path, labels in zip(paths, (real, floor), strict=True):
        if labels.dtype != np.int64 or labels.ndim != 1 or not len(labels):
            raise UserError(f"{path}: must be int64 (N,), is {labels.dtype} {labels.shape}; {MEND}")
        if labels.min() < 0 or labels.max() >= classes:
            raise UserError(f"{path}: labels from {labels.min()} to {labels.max()} of {classes} classes; {MEND}")
    if len(real) != len(floor):
        raise UserError(f"{paths[0]}, {paths[1].name}: {len(real)} and {len(floor)} labels, must be as many; {MEND}")
    return real, floor
