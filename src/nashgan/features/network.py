"""Feature networks: uint8 images in, float32 feature vectors out, one image independent of its neighbours."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from torch import Tensor

from nashgan.runtime.progress import progress


@dataclass(frozen=True)
class FeatureNetwork:
    """A frozen network and what identifies it in a metric's protocol."""

    name: str  # "inception", "classifier"
    sha256: str  # of its weights
    dim: int  # features an image
    resizer: str  # how images reach the network's input size
    forward: Callable[[Tensor], Tensor]  # uint8 (n, c, h, w) to float32 (n, dim)
    device: torch.device
    batch: int  # images a pass

    def features(self, images: UInt8[np.ndarray, "n c h w"]) -> Float32[np.ndarray, "n d"]:
        """Features of `images` (an array or a memory map, c is 1 or 3), the same whatever else is in the set."""
        return run_batched(self.forward, images, self.dim, self.batch, f"{self.name} features", self.device)


def run_batched(
    forward: Callable[[Tensor], Tensor],
    images: UInt8[np.ndarray, "n c h w"],
    dim: int,
    batch: int,
    what: str,
    device: torch.device,
) -> Float32[np.ndarray, "n d"]:
    """Apply `forward` to `images` on `device` in passes of exactly `batch`, in float32, without gradients."""
    out = np.empty((len(images), dim), np.float32)
    exact = torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False)
    with progress(what, len(images)) as advance, torch.inference_mode(), exact:
        for start in range(0, len(images), batch):
            piece = np.array(images[start : start + batch])  # a memory map is read-only, which torch refuses
            count = len(piece)
            if count < batch:  # kernels differ by batch size, and so would the last images' features
                piece = np.concatenate([piece, np.zeros((batch - count, *piece.shape[1:]), np.uint8)])
            out[start : start + count] = forward(torch.from_numpy(piece).to(device))[:count].cpu().numpy()
            advance(count)
    return out


def best_device() -> torch.device:
    """The GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
