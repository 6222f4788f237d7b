"""data/reference: features of real examples, with what identifies them, and the protocol of what is measured by them.

Made by the stage reference, for each feature network. An experiment then pays for the features of its own samples only.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32, Int64, Shaped
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from nashgan.records.arrays import read_array, write_array
from nashgan.records.examples import MANIFEST, labels_path, write_labels
from nashgan.records.names import SplitName
from nashgan.records.record import Record, mend, read_record, write_record
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import atomic_path

STAGE = "reference"
FORMAT = "3"
SETS = ("real", "floor")  # what is compared with samples, and what perfect samples would be


@runtime_checkable
class FeatureSource(Protocol):
    """What identifies the network that features come from."""

    @property
    def name(self) -> str: ...

    @property
    def sha256(self) -> str:
        """The sha256 of its weights."""

    @property
    def resizer(self) -> str:
        """How examples reach its input size."""

    @property
    def dim(self) -> int:
        """How many features an example has."""


class ReferenceManifest(Record):
    """Which real examples are the reference."""

    format: Literal["3"] = "3"
    split: SplitName
    count: int


@dataclass(frozen=True)
class Reference:
    """Two disjoint sets of real images, as one feature network sees them.

    Samples are compared with `real`. The distance of `floor` from `real` is what perfect samples would score.
    """

    real: Float32[np.ndarray, "n d"]
    floor: Float32[np.ndarray, "m d"]
    network: str
    network_sha256: str
    resizer: str
    split: str
    digest: str  # of the images behind `real`
    whole: bool = False  # `real` is the whole split, with which any number of samples is compared
    preset: str | None = None  # the name of the protocol from the literature, if one was chosen
    doubt: str = ""  # why values measured with this network cannot be trusted

    @property
    def others(self) -> Float32[np.ndarray, "m d"] | None:
        """The floor, or None where it has fewer than two examples."""
        return self.floor if len(self.floor) > 1 else None

    def beside(self, samples: int) -> "Reference":
        """What `samples` samples are compared with: as many real images, or all of `real` if it is the whole split."""
        return replace(self, floor=self.floor[:samples]) if self.whole else self.first(samples)

    def first(self, count: int) -> "Reference":
        """The first `count` images of each set, for a Fréchet distance depends on their number.

        Splits are shuffled, so the first images are a random choice.
        """
        return replace(self, real=self.real[:count], floor=self.floor[:count])

    def protocol(self, samples: int) -> str:
        """The protocol, one line, of `samples` samples. Metrics of different protocols are never compared."""
        network = network_tag(self.network, self.network_sha256, self.doubt)
        line = f"{network} resizer={self.resizer} {compared(samples, self.split, len(self.real), self.digest)}"
        return f"{line} protocol={self.preset}" if self.preset else line


def compared(samples: int, split: str, real: int, digest: str) -> str:
    """The part of a protocol that says what `samples` samples are compared with: `real` examples of a split.

    The number of real examples is left out where it equals that of the samples. `digest` is that of their content.
    """
    return f"n={samples} real={split}{'' if real == samples else f'-{real}'}:{digest[:8]}"


def network_tag(name: str, sha256: str, doubt: str) -> str:
    """A feature network in a protocol line, with the reason to doubt what it measures, if there is one."""
    return f"{name}:{sha256[:8]} {doubt}".rstrip()


def write_reference(folder: Path, reference: Reference) -> None:
    """Write ``<network>.safetensors``."""
    metadata = {
        "format": FORMAT,
        "network": reference.network,
        "network_sha256": reference.network_sha256,
        "resizer": reference.resizer,
        "split": reference.split,
        "digest": reference.digest,
        "doubt": reference.doubt,
        "whole": json.dumps(reference.whole),
        "preset": json.dumps(reference.preset),
    }
    with atomic_path(folder / f"{reference.network}.safetensors") as temporary:
        temporary.write_bytes(save({"real": reference.real, "floor": reference.floor}, metadata))


def read_reference(folder: Path, network: FeatureSource) -> Reference:
    """Read what `write_reference` wrote for `network`.

    Raises UserError where the file is missing or broken, or the features come from another network than this.
    """
    path = folder / f"{network.name}.safetensors"
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, not a mapping
    except FileNotFoundError:
        raise UserError(f"{path}: not found; {mend(STAGE)}") from None
    except (OSError, SafetensorError) as error:
        raise UserError(f"{path}: not a safetensors file ({error}); {mend(STAGE)}") from error
    if metadata.pop("format", None) != FORMAT or tensors.keys() != set(SETS):
        raise UserError(f"{path}: not features of real images of format {FORMAT}; {mend(STAGE)}")
    try:
        told = {name: json.loads(metadata.pop(name)) for name in ("whole", "preset")}
        reference = Reference(**tensors, **metadata, **told)
    except (TypeError, KeyError, ValueError):
        raise UserError(
            f"{path}: does not say which images and network its features come from; {mend(STAGE)}"
        ) from None
    identity = (reference.network, reference.network_sha256, reference.resizer)
    if identity != (network.name, network.sha256, network.resizer):
        raise UserError(f"{path}: features of another {network.name} network than the one in use; {mend(STAGE)}")
    for values in (reference.real, reference.floor):
        expected = (len(values) if reference.whole else len(reference.real), network.dim)
        if values.shape != expected or values.dtype != np.float32:
            raise UserError(f"{path}: must hold float32 {expected}, holds {values.dtype} {values.shape}; {mend(STAGE)}")
    return reference


@dataclass(frozen=True)
class Neighbours:
    """Features of training images, among which the neighbours of samples are found, and of held-out images.

    Row i of `train` belongs to the image with the index `places[i]` in the training split.
    """

    train: Float32[np.ndarray, "n d"]
    held_out: Float32[np.ndarray, "m d"]
    places: Int64[np.ndarray, " n"]


def write_neighbours(folder: Path, network: str, neighbours: Neighbours) -> None:
    """Write ``<network>.train.npy``, ``<network>.held_out.npy`` and ``<network>.places.npy``."""
    for name in ("train", "held_out", "places"):
        write_array(folder / f"{network}.{name}.npy", getattr(neighbours, name))


def read_neighbours(folder: Path, network: FeatureSource) -> Neighbours:
    """Memory-map what `write_neighbours` wrote for `network`. Raises UserError where a file is missing or broken."""
    paths = [folder / f"{network.name}.{name}.npy" for name in ("train", "held_out", "places")]
    train, held_out, places = (read_array(path, mend(STAGE)) for path in paths)
    for path, array in zip(paths, (train, held_out), strict=False):
        if array.dtype != np.float32 or array.shape[1:] != (network.dim,):
            raise UserError(
                f"{path}: must hold float32 (N, {network.dim}), is {array.dtype} {array.shape}; {mend(STAGE)}"
            )
    if places.dtype != np.int64 or places.shape != (len(train),) or not len(places) or places.min() < 0:
        raise UserError(f"{paths[2]}: does not fit {paths[0].name}; {mend(STAGE)}")
    return Neighbours(train, held_out, places)


def write_reference_labels(
    folder: Path, real: Int64[np.ndarray, " n"] | None, floor: Int64[np.ndarray, " m"] | None
) -> None:
    """Write the labels of the two sets, or remove those of an earlier dataset where there are none."""
    for name, labels in zip(SETS, (real, floor), strict=True):
        write_labels(folder, name, labels)


def read_reference_labels(folder: Path, classes: int) -> tuple[Int64[np.ndarray, " n"], Int64[np.ndarray, " m"]] | None:
    """The labels of `Reference.real` and `Reference.floor`, 0 … `classes` - 1; None where the dataset has none.

    Raises UserError where one file is missing or one is broken.
    """
    paths = [labels_path(folder, name) for name in SETS]
    if not any(path.exists() for path in paths):
        return None
    real, floor = (read_array(path, mend(STAGE)) for path in paths)
    for path, labels in zip(paths, (real, floor), strict=True):
        if labels.dtype != np.int64 or labels.ndim != 1 or not len(real):
            raise UserError(f"{path}: must be int64 (N,), is {labels.dtype} {labels.shape}; {mend(STAGE)}")
        if len(labels) and (labels.min() < 0 or labels.max() >= classes):
            found = f"labels from {labels.min()} to {labels.max()}"
            raise UserError(f"{path}: {found} of {classes} classes; {mend(STAGE)}")
    return real, floor


@dataclass(frozen=True)
class ReferenceSets:
    """Two disjoint sets of real examples themselves, for spaces that are not evaluated by Inception."""

    real: Shaped[np.ndarray, "n ..."]
    floor: Shaped[np.ndarray, "n ..."]
    split: str


def write_reference_sets(folder: Path, real: Shaped[np.ndarray, "n ..."], floor: Shaped[np.ndarray, "n ..."]) -> None:
    """Write the examples of the two sets as arrays."""
    for name, values in zip(SETS, (real, floor), strict=True):
        write_array(folder / f"{name}.npy", values)


def read_reference_sets(folder: Path) -> ReferenceSets:
    """Read what `write_reference_sets` wrote. Raises UserError where a file is missing, broken or of another length."""
    manifest = read_reference_manifest(folder)
    real, floor = (read_array(folder / f"{name}.npy", mend(STAGE)) for name in SETS)
    if not len(real) == len(floor) == manifest.count or real.shape[1:] != floor.shape[1:]:
        raise UserError(f"{folder}: real.npy and floor.npy do not fit {MANIFEST}; {mend(STAGE)}")
    return ReferenceSets(real, floor, manifest.split)


def write_reference_manifest(folder: Path, manifest: ReferenceManifest) -> None:
    """Write manifest.json."""
    write_record(folder / MANIFEST, manifest)


def read_reference_manifest(folder: Path) -> ReferenceManifest:
    """Read manifest.json. Raises UserError where it is missing or broken."""
    return read_record(ReferenceManifest, folder / MANIFEST, STAGE)
