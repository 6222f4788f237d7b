"""Feature networks: examples in, float32 feature vectors out. An example's features do not depend on other examples."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from torch import Tensor

from nashgan.features import WITH_WEIGHTS
from nashgan.records.computed import computed, is_divided, stored
from nashgan.records.reference import network_tag
from nashgan.runtime.progress import progress


@dataclass(frozen=True)
class FeatureNetwork:
    """A frozen network and what identifies it in a metric's protocol."""

    name: str  # "inception", "classifier", a name of `WITH_WEIGHTS`
    sha256: str  # of its weights
    dim: int  # features an image
    resizer: str  # how images reach the network's input size
    forward: Callable[[Tensor], Tensor]  # uint8 (n, c, h, w) to float32 (n, dim)
    device: torch.device
    batch: int  # images a pass
    names: Mapping[str, str] = field(default_factory=dict)  # of metrics on these features; see `metric_name`
    prefix: str | None = None  # of the names of all other metrics; None: the network's own name
    normalised: bool = False  # whether distances are divided by the features' variance: their scale is arbitrary
    doubt: str = ""  # why what is measured by it is not to be trusted, as protocols say it
    again: "Callable[[], FeatureNetwork] | None" = None  # loads it in another process
    metrics: tuple[str, ...] = ()  # short names of the only ones that are measured on its features; empty: all

    @property
    def tag(self) -> str:
        """The network in a protocol line."""
        return network_tag(self.name, self.sha256, self.doubt)

    def measures(self, metric: str) -> bool:
        """Whether a metric of any features is measured on these."""
        return not self.metrics or metric in self.metrics

    def metric_name(self, metric: str) -> str:
        """The full name of a metric that is measured on these features: ``fcd``, ``classifier_precision``."""
        prefix = f"{self.name}_" if self.prefix is None else self.prefix
        return self.names.get(metric, f"{prefix}{metric}")

    def features(self, images: UInt8[np.ndarray, "n c h w"]) -> Float32[np.ndarray, "n d"]:
        """Features of `images` (an array or a memory map, c is 1, 3, 4); each image's are independent of the others.

        They are computed as `computed` says: in several processes inside of a stage that is divided among them.
        """
        work = (len(images), self.dim), "float32", self.batch, lambda part: self.rows(images, part)
        if self.again is None or not is_divided():
            return computed(*work, None)
        with stored(images) as path:
            return computed(*work, partial(_rows_of_file, self.again, path))

    def rows(self, images: UInt8[np.ndarray, "n c h w"], part: range) -> Iterator[Float32[np.ndarray, "_ d"]]:
        """The features of the images of `part`, in batches."""
        mine = images[part.start : part.stop]
        return batched(self.forward, mine, self.batch, f"{self.name} features", self.device)


def _rows_of_file(load: Callable[[], FeatureNetwork], path: Path, part: range) -> Iterator[np.ndarray]:
    return load().rows(np.load(path, mmap_mode="r"), part)


def load_networks(home: Path, weights: Mapping[str, str], device: torch.device) -> list[FeatureNetwork]:
    """The networks of `WITH_WEIGHTS` for which there are weights, on `device`; relative paths are those under `home`.

    Raises UserError where a file is missing, broken or of another network, or a package is not installed.
    """
    return [WITH_WEIGHTS[name].load()(home / path, device) for name, path in weights.items()]


def run_batched(
    forward: Callable[[Tensor], Tensor],
    images: UInt8[np.ndarray, "n c h w"],
    dim: int,
    batch: int,
    what: str,
    device: torch.device,
) -> Float32[np.ndarray, "n d"]:
    """Apply `forward` to `images` on `device` in passes of exactly `batch`, in float32, without gradients."""
    rows = batched(forward, images, batch, what, device)
    return computed((len(images), dim), "float32", batch, lambda part: rows, None)


def batched(
    forward: Callable[[Tensor], Tensor],
    images: UInt8[np.ndarray, "n c h w"],
    batch: int,
    what: str,
    device: torch.device,
) -> Iterator[Float32[np.ndarray, "_ d"]]:
    """The results of `run_batched`, pass by pass."""
    with progress(what, len(images)) as advance:
        for start in range(0, len(images), batch):
            piece = np.array(images[start : start + batch])  # a memory map is read-only, which torch refuses
            count = len(piece)
            if count < batch:  # filled up, because the last bits of features depend on the batch size
                piece = np.concatenate([piece, np.zeros((batch - count, *piece.shape[1:]), np.uint8)])
            with torch.inference_mode():
                features = forward(torch.from_numpy(piece).to(device))[:count].cpu().numpy()
            yield features
            advance(count)
