"""CLIP's image encoder ViT-L/14 at 336 pixels (Radford et al., 2021, arXiv:2103.00020), for CMMD.

Jayasumana et al., 2024, arXiv:2401.09603: 768 features, the projected class token, divided by its length.
"""

from pathlib import Path

import torch

from nashgan.features.network import FeatureNetwork
from nashgan.features.vision_transformer import VisionTransformer, load_transformer

DIM = 768

NETWORK = VisionTransformer(
    name="clip",
    described="CLIP's ViT-L/14 at 336 pixels",
    architecture="vit_large_patch14_clip_quickgelu_336",
    options={"num_classes": DIM},
    dim=DIM,
    side=336,
    mean=(0.48145466, 0.4578275, 0.40821073),
    deviation=(0.26862954, 0.26130258, 0.27577711),
    names={"cmmd": "cmmd"},
    metrics=("cmmd",),
    unit=True,
)


def load(path: Path, device: torch.device) -> FeatureNetwork:
    """CLIP with the weights in `path`. Raises UserError as `load_transformer`."""
    return load_transformer(NETWORK, path, device)
