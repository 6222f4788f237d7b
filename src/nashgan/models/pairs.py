"""BiGAN's discriminator: it judges an image together with a latent vector (Donahue et al., 2017, section 3)."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from nashgan.models.config import ModelConfig
from nashgan.models.encoder import body

PREFIX = "pairs:"  # in the name of a configuration, before the family of the layers that look at the image


class PairDiscriminator(nn.Module):
    """Pairs (x, z) to logits: a family's layers on x, two layers on z, two on both.

    A pair is one row of numbers, the pixels before the vector, so that a gradient penalty sees both parts.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.shape = config.space.shape
        self.pixels = math.prod(self.shape)
        self.layers, features = body(config.model_copy(update={"name": config.name.removeprefix(PREFIX)}))
        self.of_vector = nn.Sequential(
            nn.Linear(config.latent, features), nn.LeakyReLU(0.2), nn.Linear(features, features), nn.LeakyReLU(0.2)
        )
        self.head = nn.Sequential(nn.Linear(2 * features, features), nn.LeakyReLU(0.2), nn.Linear(features, 1))

    def forward(self, pairs: Float[Tensor, "n numbers"], labels: None = None) -> Float[Tensor, " n"]:
        images = pairs[:, : self.pixels].reshape(-1, *self.shape).contiguous(memory_format=torch.channels_last)
        seen = [self.layers(images), self.of_vector(pairs[:, self.pixels :])]
        logits: Tensor = self.head(torch.cat(seen, dim=1)).flatten()
        return logits


def pairs(images: Float[Tensor, "n c h w"], vectors: Float[Tensor, "n latent"]) -> Float[Tensor, "n numbers"]:
    """Images and vectors, each pair in a row."""
    return torch.cat([images.flatten(1).float(), vectors.float()], dim=1)
