"""What a trained discriminator that names classes answers to images."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32, UInt8

from nashgan.features.network import run_batched
from nashgan.models.classifying import ClassifyingDiscriminator
from nashgan.models.config import ModelConfig, build_discriminator
from nashgan.models.generator import STAGE
from nashgan.records.record import mend
from nashgan.records.weights import load_config, load_weights
from nashgan.runtime.errors import UserError

BATCH = 100


class ClassNamer:
    """A discriminator that names classes, in evaluation mode."""

    def __init__(self, config: ModelConfig, module: ClassifyingDiscriminator, device: torch.device) -> None:
        self.config = config
        self.module = module.eval().requires_grad_(False).to(device)
        self.device = device

    def probabilities(self, images: UInt8[np.ndarray, "n c h w"]) -> Float32[np.ndarray, "n k"]:
        """How likely each class is for each image; rows sum to 1. Raises UserError for images of another shape."""
        if images.shape[1:] != (shape := self.config.examples.shape):
            raise UserError(f"images: the discriminator was trained on {shape}, these are {images.shape[1:]}")
        to_players, count = self.config.space.to_players, self.config.answers
        found: np.ndarray = run_batched(
            lambda batch: self.module.classes(to_players(batch)).softmax(dim=1),
            images,
            count,
            BATCH,
            "classes",
            self.device,
        )
        return found


def load_class_namer(folder: Path, device: torch.device) -> ClassNamer | None:
    """The discriminator in `folder`; None where it names no classes. Raises UserError where a file is broken."""
    config = load_config(folder, ModelConfig, mend(STAGE))
    if not config.answers:
        return None
    module = build_discriminator(config)
    load_weights(folder / "weights.safetensors", module, mend(STAGE))
    assert isinstance(module, ClassifyingDiscriminator)
    return ClassNamer(config, module, device)
