"""DINOv2 and CLIP as small as a test needs, with random weights, beside the networks of other programs.

`small_dinov2` and `small_clip` write a file. They return the kind of network that it is of, and a function that has the
same weights in the network of another package and takes images as their papers' programs do.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torchvision.transforms as transforms
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import grid_sample, normalize
from torch_fidelity.feature_extractor_clip import VisionTransformer as OpenAIs
from torchvision.models.vision_transformer import VisionTransformer as Torchvisions

from nashgan.features import clip, dinov2
from nashgan.features.vision_transformer import VisionTransformer
from nashgan.records.weights import save_tensors

WIDTH, DEPTH, HEADS, FEATURES = 32, 2, 2, 8
SMALL = {"embed_dim": WIDTH, "depth": DEPTH, "num_heads": HEADS}
TRAINED = 37  # patches a side of the images that DINOv2 was trained on
Known = tuple[VisionTransformer, Callable[[np.ndarray], np.ndarray]]
LAYER = {  # torchvision's names and timm's
    "ln_1": "norm1",
    "self_attention.in_proj_": "attn.qkv.",
    "self_attention.out_proj": "attn.proj",
    "ln_2": "norm2",
    "mlp.0": "mlp.fc1",
    "mlp.3": "mlp.fc2",
}


def small_dinov2(path: Path) -> Known:
    """Beside torchvision's vision transformer, whose layers have no scale: it is part of their last weights."""
    kind = replace(dinov2.NETWORK, dim=WIDTH, options={"num_classes": 0, **SMALL})
    theirs = Torchvisions(224, 14, DEPTH, HEADS, WIDTH, 4 * WIDTH, norm_layer=partial(nn.LayerNorm, eps=1e-6))
    theirs.heads = nn.Identity()
    _randomise(theirs)
    state = {"mask_token": torch.zeros(1, WIDTH), "pos_embed": torch.randn(1, 1 + TRAINED**2, WIDTH)}
    for name, value in theirs.state_dict().items():
        state[_authors_name(name)] = value.clone()
    del state["encoder.pos_embedding"]
    for layer in range(DEPTH):
        for number, weights in ((1, "attn.proj"), (2, "mlp.fc2")):
            state[f"blocks.{layer}.ls{number}.gamma"] = scale = torch.rand(WIDTH) + 0.5
            state[f"blocks.{layer}.{weights}.weight"] /= scale[:, None]
            state[f"blocks.{layer}.{weights}.bias"] /= scale
    theirs.encoder.pos_embedding.data = _resized(state["pos_embed"])
    save_tensors(path, state)
    return kind, partial(_features, theirs.eval(), kind)


def small_clip(path: Path) -> Known:
    """Beside OpenAI's network in torch-fidelity. The file has a text encoder, too, and half the precision."""
    kind = replace(clip.NETWORK, dim=FEATURES, side=28, options={"num_classes": FEATURES, **SMALL})
    theirs = OpenAIs(kind.side, 14, WIDTH, DEPTH, HEADS, FEATURES)
    _randomise(theirs)
    theirs.half().float()
    state = {f"visual.{name}": value.half() for name, value in theirs.state_dict().items()}
    save_tensors(path, {**state, "token_embedding.weight": torch.zeros(3, WIDTH)})
    return kind, lambda images: normalize(torch.from_numpy(_features(theirs.eval(), kind, images))).numpy()


def _randomise(module: nn.Module) -> None:
    torch.manual_seed(0)
    for value in module.parameters():
        nn.init.normal_(value, std=0.2)


def _authors_name(name: str) -> str:
    for old, new in {"conv_proj": "patch_embed.proj", "class_token": "cls_token", "encoder.ln": "norm"}.items():
        if name.startswith(old):
            return name.replace(old, new)
    if name.startswith("encoder.layers"):
        name = name.replace("encoder.layers.encoder_layer_", "blocks.")
        for old, new in LAYER.items():
            name = name.replace(old, new)
    return name


def _resized(known: Tensor) -> Tensor:
    """DINOv2's positions for 16 patches a side, by the places where they are read from the grid of 37."""
    places = (torch.arange(16) + 0.5) * TRAINED / 16.1 - 0.5
    across = (2 * places + 1) / TRAINED - 1
    grid = torch.stack(torch.meshgrid(across, across, indexing="xy"), dim=-1)[None]
    values = known[:, 1:].reshape(1, TRAINED, TRAINED, -1).permute(0, 3, 1, 2)
    read = grid_sample(values, grid, mode="bicubic", padding_mode="border", align_corners=False)
    return torch.cat([known[:, :1], read.flatten(2).transpose(1, 2)], dim=1)


@torch.no_grad()
def _features(network: nn.Module, kind: VisionTransformer, images: np.ndarray) -> np.ndarray:
    prepared = transforms.Compose(
        [
            transforms.Resize((kind.side, kind.side), transforms.InterpolationMode.BICUBIC),
            transforms.ToTensor(),
            transforms.Normalize(kind.mean, kind.deviation),
        ]
    )
    pictures = [prepared(Image.fromarray(image.transpose(1, 2, 0))) for image in images]
    found: np.ndarray = network(torch.stack(pictures)).numpy()
    return found
