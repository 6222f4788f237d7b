"""Vision transformers of timm as feature networks, with weights that the user has.

The weights are a safetensors file with the names of the network's authors, of timm, or of open_clip.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import normalize

from nashgan.features.network import FeatureNetwork
from nashgan.records.weights import load_tensors
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import sha256
from nashgan.spaces.alpha import over_page

State = dict[str, Tensor]
Colour = tuple[float, float, float]  # red, green, blue; 0 to 1


@dataclass(frozen=True)
class VisionTransformer:
    """An architecture, how images reach it, and what is measured on its features."""

    name: str  # of the feature network
    described: str  # to people
    architecture: str  # its name in timm
    options: Mapping[str, Any]  # of the architecture
    dim: int  # features an image
    side: int  # pixels of its input
    mean: Colour  # what is subtracted from an image
    deviation: Colour  # what it is divided by then
    names: Mapping[str, str]  # as in FeatureNetwork
    metrics: tuple[str, ...] = ()  # as in FeatureNetwork
    unit: bool = False  # whether features are divided by their length
    prepare: Callable[[State], State] = field(default=lambda state: state)  # of the weights, before timm reads them


def load_transformer(kind: VisionTransformer, path: Path, device: torch.device) -> FeatureNetwork:
    """The network with the weights in the file `path`, on `device`.

    Raises UserError where timm is not installed, or the file is missing, broken or of another network.
    """
    module = Module(kind, _network(kind, path)).eval().requires_grad_(False).to(device)
    batch = 8 if device.type == "cpu" else 64
    known = sha256(path), kind.dim, f"bicubic-{kind.side}"
    return FeatureNetwork(kind.name, *known, module, device, batch, kind.names, metrics=kind.metrics)


class Module(nn.Module):
    """Preprocessing and network: alpha over white, grey tiled to RGB, to the network's size, standardised colours."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, kind: VisionTransformer, network: nn.Module) -> None:
        super().__init__()
        self.network, self.side, self.unit = network, kind.side, kind.unit
        self.register_buffer("mean", torch.tensor(kind.mean)[:, None, None])
        self.register_buffer("deviation", torch.tensor(kind.deviation)[:, None, None])

    def forward(self, images: UInt8[Tensor, "n c h w"]) -> Float[Tensor, "n d"]:
        x = bicubic(over_page(images).expand(-1, 3, -1, -1), self.side)
        features: Tensor = self.network((x - self.mean) / self.deviation)
        return normalize(features, dim=1) if self.unit else features


def bicubic(images: UInt8[Tensor, "n 3 h w"], side: int) -> Float[Tensor, "n 3 s s"]:
    """Square images of `side` pixels, 0 to 1: resized in bytes by Pillow's bicubic filter, whatever the proportions."""
    rows = images.permute(0, 2, 3, 1).cpu().numpy()
    resized = [np.asarray(Image.fromarray(row).resize((side, side), Image.Resampling.BICUBIC)) for row in rows]
    return torch.from_numpy(np.stack(resized)).permute(0, 3, 1, 2).to(images.device, torch.float32) / 255


def _network(kind: VisionTransformer, path: Path) -> Any:
    parameter = f"evaluate.{kind.name}_weights"
    mend = f"correct {parameter} in params.yaml, or set null"
    state = {name: value.float() for name, value in load_tensors(path, mend).items()}
    try:
        from timm import create_model
        from timm.models.vision_transformer import checkpoint_filter_fn
    except ImportError as error:
        raise UserError(f"params.yaml: {parameter} needs timm: pip install 'nashgan[features]', or set null") from error
    with torch.device("meta"):  # no time spent on weights about to be replaced
        network: Any = create_model(kind.architecture, pretrained=False, img_size=kind.side, **kind.options)
    try:
        network.load_state_dict(checkpoint_filter_fn(kind.prepare(state), network), assign=True)
    except (RuntimeError, KeyError, ValueError) as error:
        first = " ".join(str(error).split())[:200]
        raise UserError(f"{path}: not the weights of {kind.described} ({first}); {mend}") from error
    return network
