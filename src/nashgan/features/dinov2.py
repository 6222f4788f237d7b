"""DINOv2's ViT-L/14 (Oquab et al., 2023, arXiv:2304.07193), whose Fréchet distance is FD-DINOv2.

Stein et al., 2023, arXiv:2306.04675: images of 224 pixels, resized by Pillow, as in their program. 1,024 features: the
class token after the last normalisation.
"""

import math
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import interpolate

from nashgan.features.network import FeatureNetwork
from nashgan.features.vision_transformer import State, VisionTransformer, load_transformer

PATCH, SIDE = 14, 224  # pixels
OFFSET = 0.1  # patches; of DINOv2's program, which shifts the positions by it when it resizes them


def positions(known: Float[Tensor, "1 k d"], patches: int = SIDE // PATCH) -> Float[Tensor, "1 n d"]:
    """The embeddings of the class token and of `patches` × `patches` positions, as DINOv2's program resizes them."""
    of_class, of_patches = known[:, :1], known[:, 1:]
    side = math.isqrt(of_patches.shape[1])
    if side == patches:
        return known
    grid = of_patches.reshape(1, side, side, -1).permute(0, 3, 1, 2)
    scale = (patches + OFFSET) / side
    resized = interpolate(grid, scale_factor=(scale, scale), mode="bicubic")
    return torch.cat([of_class, resized.flatten(2).transpose(1, 2)], dim=1)


def _prepare(state: State) -> State:
    return state | {"pos_embed": positions(state["pos_embed"])}


NETWORK = VisionTransformer(
    name="dinov2",
    described="DINOv2's ViT-L/14",
    architecture="vit_large_patch14_dinov2",
    options={"num_classes": 0},
    dim=1024,
    side=SIDE,
    mean=(0.485, 0.456, 0.406),
    deviation=(0.229, 0.224, 0.225),
    names={
        "frechet": "fd_dinov2",
        "kernel": "kd_dinov2",
        "frechet_infinity": "fd_dinov2_infinity",
        "memorisation": "memorisation_dinov2",
    },
    prepare=_prepare,
)


def load(path: Path, device: torch.device) -> FeatureNetwork:
    """DINOv2 with the weights in `path`. Raises UserError as `load_transformer`."""
    return load_transformer(NETWORK, path, device)
