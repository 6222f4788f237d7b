"""Encoders: images back to latent vectors, and the folder in which one is kept beside its generator.

An encoder is a network of the discriminator's family with another head: `latent` numbers instead of a logit.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from torch import Tensor, nn

from nashgan.models.config import ModelConfig, build_discriminator
from nashgan.models.discriminator import LayeredDiscriminator
from nashgan.models.generator import BLOCK, STAGE, LoadedGenerator, load_generator
from nashgan.models.vae import load_encoder as load_vae_encoder
from nashgan.records.record import mend
from nashgan.records.weights import load_config, load_weights, save_config, save_weights
from nashgan.runtime.errors import UserError

ENCODER = "encoder"  # in the generator's folder


def body(config: ModelConfig) -> tuple[nn.Sequential, int]:
    """The layers of a new discriminator up to its head, as vectors, and how many numbers a vector has.

    Raises UserError for a discriminator that is not made of a list of layers.
    """
    discriminator = build_discriminator(config)
    if not isinstance(discriminator, LayeredDiscriminator):
        raise UserError(
            f"params.yaml: model.encoder: discriminator {config.name!r} has no layers for an encoder; choose none"
        )
    return nn.Sequential(*list(discriminator.layers)[:-1], nn.Flatten()), discriminator.features


class Encoder(nn.Module):
    """Images to latent vectors. Where it learns by squared errors, it gives the mean of p(z | x)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.layers, features = body(config)
        self.head = nn.Linear(features, config.latent)

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n latent"]:
        vectors: Tensor = self.head(self.layers(images))
        return vectors


class MeanOf(nn.Module):
    """A VAE's encoder as a map to vectors: the mean of q(z | x)."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n latent"]:
        mean: Tensor = self.encoder(images)[0]
        return mean


@dataclass(frozen=True)
class Codec:
    """A trained encoder with its generator: images to vectors and back."""

    generator: LoadedGenerator
    encoder: nn.Module

    @property
    def latent(self) -> int:
        """Numbers in a vector."""
        return self.generator.config.latent

    @torch.inference_mode()
    def encode(self, images: UInt8[np.ndarray, "n c h w"]) -> Float32[np.ndarray, "n latent"]:
        """The vectors of images. A vector does not depend on the other images. Raises UserError for another shape."""
        space, device = self.generator.space, self.generator.device
        if images.shape[1:] != space.shape:
            raise UserError(
                f"images of {images.shape[1:]}; the encoder was trained on {space.shape} (channels, height, width)"
            )
        out = np.empty((len(images), self.latent), np.float32)
        for start in range(0, len(images), BLOCK):
            piece = _filled(np.array(images[start : start + BLOCK]))
            vectors = self.encoder(space.to_players(torch.from_numpy(piece).to(device)))
            out[start : start + BLOCK] = vectors.float().cpu().numpy()[: len(images) - start]
        return out

    def decode(self, vectors: Float[np.ndarray, "n latent"]) -> UInt8[np.ndarray, "n c h w"]:
        """The images that the generator draws for vectors. Raises UserError for vectors of another width."""
        if vectors.ndim != 2 or vectors.shape[1] != self.latent:
            raise UserError(f"vectors of the form {vectors.shape}; the generator takes (N, {self.latent})")
        space, pieces = self.generator.space, [np.empty((0, *self.generator.space.shape), np.uint8)]
        for start in range(0, len(vectors), BLOCK):
            piece = vectors[start : start + BLOCK].astype(np.float32)
            images = space.from_players(self.generator(torch.from_numpy(_filled(piece))))
            pieces.append(images[: len(piece)])
        return np.concatenate(pieces)


def _filled(piece: np.ndarray) -> np.ndarray:
    """`piece` with zeros up to BLOCK rows, because the last bits of a result depend on the number of rows."""
    rest = BLOCK - len(piece)
    return np.concatenate([piece, np.zeros((rest, *piece.shape[1:]), piece.dtype)]) if rest else piece


def save_encoder(folder: Path, config: ModelConfig, encoder: nn.Module) -> None:
    """Write an encoder into the generator's `folder`.

    ``config.name`` is the discriminator whose layers it has, or ``vae`` for a VAE's.
    """
    save_weights(folder / ENCODER / "weights.safetensors", encoder)
    save_config(folder / ENCODER, config)


def remove_encoder(folder: Path) -> None:
    """Remove the encoder of an earlier training."""
    shutil.rmtree(folder / ENCODER, ignore_errors=True)


def load_codec(folder: Path, device: torch.device) -> Codec | None:
    """The generator in `folder` with its encoder; None where there is none.

    None, too, for a generator that is told the class: its images depend on more than the vector. Raises
    UserError where a file is broken.
    """
    config = load_config(folder, ModelConfig, mend(STAGE))
    if config.classes:
        return None
    if not (folder / ENCODER).is_dir():
        return None
    if config.name == "vae":
        mean = MeanOf(load_vae_encoder(folder / ENCODER, device))
        return Codec(load_generator(folder, "raw", device), mean.eval())  # the decoder that it learned with
    encoder = Encoder(load_config(folder / ENCODER, ModelConfig, mend(STAGE)))
    load_weights(folder / ENCODER / "weights.safetensors", encoder, mend(STAGE))
    return Codec(load_generator(folder, device=device), encoder.to(device).eval().requires_grad_(False))
