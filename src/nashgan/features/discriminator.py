"""A trained discriminator in a folder, and the logits that it gives to examples."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from nashgan.data.degrading import degrade
from nashgan.models import DISCRIMINATORS
from nashgan.models.config import ModelConfig, build_discriminator
from nashgan.models.generator import STAGE
from nashgan.records.degradation import Degradation
from nashgan.records.examples import Examples
from nashgan.records.record import mend
from nashgan.records.weights import load_config, load_weights
from nashgan.runtime.files import sha256
from nashgan.runtime.progress import progress

BATCH = 100
SEED = 0  # of the degradation, where D judges images beside degraded ones


@dataclass(frozen=True)
class LoadedDiscriminator:
    """A discriminator that judges and does not learn; `sha256` is that of its weights."""

    config: ModelConfig
    module: nn.Module
    sha256: str
    device: torch.device

    def __call__(
        self, examples: Float[Tensor, "n ..."], given: Shaped[Tensor, "n ..."] | None = None
    ) -> Float[Tensor, " n"]:
        """The logits of examples as the players see them, beside what was given; they can be differentiated."""
        logits: Tensor = self.module(examples, given)
        return logits.float()

    def logits(self, data: Examples) -> Float[np.ndarray, " n"]:
        """The logits of stored examples, with their labels where it knows classes, degraded where it judges pairs."""
        known = data.labels if self.config.classes else None
        logits = []
        with progress("discriminator", len(data)) as advance, torch.inference_mode():
            for start in range(0, len(data), BATCH):
                part = slice(start, start + BATCH)
                images = torch.from_numpy(np.array(data.values[part])).to(self.device)
                given = None if known is None else torch.from_numpy(np.array(known[part])).to(self.device)
                if isinstance(self.config.given, Degradation):
                    given = self.config.space.to_players(degrade(images, self.config.given, SEED, start))
                logits.append(self(self.config.space.to_players(images), given).cpu().numpy())
                advance(len(images))
        return np.concatenate(logits)


def load_discriminator(folder: Path, device: torch.device) -> LoadedDiscriminator | None:
    """The discriminator in `folder`; None where there is none, or one of pairs (BiGAN).

    Raises UserError where the folder is missing or broken.
    """
    config = load_config(folder, ModelConfig, mend(STAGE))
    if config.name not in DISCRIMINATORS:
        return None
    module, path = build_discriminator(config), folder / "weights.safetensors"
    load_weights(path, module, mend(STAGE))
    module = module.eval().requires_grad_(False).to(device)
    return LoadedDiscriminator(config, module, sha256(path), device)


def discriminator_logits(folder: Path, data: Examples, device: torch.device) -> Float[np.ndarray, " n"] | None:
    """The logits of the discriminator in `folder`; None where there is none, or one of pairs (BiGAN).

    Raises UserError where the folder is missing or broken.
    """
    loaded = load_discriminator(folder, device)
    return None if loaded is None else loaded.logits(data)
