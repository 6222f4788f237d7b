"""The logits that a trained discriminator gives to examples."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from nashgan.data.degrading import degrade
from nashgan.models import DISCRIMINATORS
from nashgan.models.config import ModelConfig, build_discriminator
from nashgan.models.generator import STAGE
from nashgan.records.degradation import Degradation
from nashgan.records.examples import Examples
from nashgan.records.record import mend
from nashgan.records.weights import load_config, load_weights
from nashgan.runtime.progress import progress

BATCH = 100
SEED = 0  # of what images lose that are judged beside what was given of them


def discriminator_logits(folder: Path, data: Examples, device: torch.device) -> Float[np.ndarray, " n"] | None:
    """The logits of the discriminator in `folder`; None where another partner than a discriminator is kept there.

    Raises UserError where the folder is missing or broken.
    """
    config = load_config(folder, ModelConfig, mend(STAGE))
    if config.name not in DISCRIMINATORS:
        return None
    known = data.labels if config.classes else None
    module = build_discriminator(config)
    load_weights(folder / "weights.safetensors", module, mend(STAGE))
    module = module.eval().requires_grad_(False).to(device)
    logits = []
    with progress("discriminator", len(data)) as advance, torch.inference_mode():
        for start in range(0, len(data), BATCH):
            part = slice(start, start + BATCH)
            images = torch.from_numpy(np.array(data.values[part])).to(device)
            given = None if known is None else torch.from_numpy(np.array(known[part])).to(device)
            if isinstance(config.given, Degradation):
                given = config.space.to_players(degrade(images, config.given, SEED, start))
            logits.append(module(config.space.to_players(images), given).float().cpu().numpy())
            advance(len(images))
    return np.concatenate(logits)
