"""The features in the layers of a trained discriminator, and the logits of one that judges pairs with vectors."""

from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Float, Float32, Shaped, UInt8
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from nashgan.features.discriminator import BATCH, discriminator_logits
from nashgan.features.network import run_batched
from nashgan.models import DISCRIMINATORS
from nashgan.models.config import ModelConfig, build_discriminator
from nashgan.models.discriminator import LayeredDiscriminator
from nashgan.models.generator import STAGE
from nashgan.models.pairs import PREFIX, PairDiscriminator, pairs
from nashgan.records.examples import Examples
from nashgan.records.record import mend
from nashgan.records.weights import load_config, load_weights
from nashgan.runtime.errors import UserError
from nashgan.spaces.space import Space

Network = TypeVar("Network", bound=nn.Module)
SIDE = 4  # pixels a side that a map of features is averaged to


class DiscriminatorFeatures:
    """The features of images in the last map of a discriminator, averaged to 4 × 4 where it is larger.

    Radford et al. (2016, section 5.1) take the largest values of all layers. Where there is no map, they are the
    numbers before the head.
    """

    def __init__(self, layers: nn.Sequential, space: Space, device: torch.device) -> None:
        self.layers, self.space, self.device = layers, space, device

    def __call__(self, images: UInt8[np.ndarray, "n c h w"]) -> Float32[np.ndarray, "n d"]:
        """The features of images. Those of an image do not depend on the other images."""
        with torch.inference_mode():
            nothing = torch.zeros(1, *self.space.shape, dtype=torch.uint8, device=self.device)
            dim = self._forward(nothing).shape[1]
        return run_batched(self._forward, images, dim, BATCH, "features of D", self.device)

    def _forward(self, images: Shaped[Tensor, "n c h w"]) -> Float[Tensor, "n d"]:
        x, last, learned = self.space.to_players(images), None, False
        for layer in self.layers:
            x = layer(x)
            learned |= any(True for _ in layer.parameters())  # what comes before the first weights is the image
            last = x if learned and x.ndim == 4 else last
        maps = x if last is None else last
        small = maps.ndim == 4 and max(maps.shape[2:]) > SIDE
        return (adaptive_avg_pool2d(maps, SIDE) if small else maps).flatten(1).float()


def load_discriminator_features(folder: Path, device: torch.device) -> DiscriminatorFeatures | None:
    """The features of the discriminator in `folder`; None where there is none, or one that is told classes.

    Raises UserError where the folder is missing or broken.
    """
    config = load_config(folder, ModelConfig, mend(STAGE))
    if config.classes or config.name.removeprefix(PREFIX) not in DISCRIMINATORS:
        return None
    module = PairDiscriminator(config) if config.name.startswith(PREFIX) else build_discriminator(config)
    if isinstance(module, PairDiscriminator):
        return DiscriminatorFeatures(_loaded(folder, module, device).layers, config.space, device)
    if isinstance(module, LayeredDiscriminator):
        body = list(_loaded(folder, module, device).layers)[:-1]
        return DiscriminatorFeatures(nn.Sequential(*body), config.space, device)
    return None


def _loaded(folder: Path, module: Network, device: torch.device) -> Network:
    load_weights(folder / "weights.safetensors", module, mend(STAGE))
    return module.eval().requires_grad_(False).to(device)


def pair_or_image_logits(
    folder: Path, images: UInt8[np.ndarray, "n c h w"], vectors: Float32[np.ndarray, "n latent"], device: torch.device
) -> Float[np.ndarray, " n"]:
    """The logits of an unconditional discriminator of images, or of BiGAN's for images with their vectors.

    Raises UserError where the folder is missing or broken, or has no discriminator.
    """
    config = load_config(folder, ModelConfig, mend(STAGE))
    if not config.name.startswith(PREFIX):
        logits = discriminator_logits(folder, Examples(images), device)
        if logits is None:
            raise UserError(f"{folder}: {config.name} is no discriminator")
        return logits
    module, found = _loaded(folder, PairDiscriminator(config), device), []
    with torch.inference_mode():
        for start in range(0, len(images), BATCH):
            real = config.space.to_players(torch.from_numpy(np.array(images[start : start + BATCH])).to(device))
            known = torch.from_numpy(vectors[start : start + BATCH]).to(device)
            found.append(module(pairs(real, known)).float().cpu().numpy())
    return np.concatenate(found)
