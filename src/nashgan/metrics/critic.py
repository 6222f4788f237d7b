"""The critic gap: does the discriminator know its training images from other real ones? Then it has memorised them."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from nashgan.features.network import best_device
from nashgan.metrics.interval import Estimate
from nashgan.metrics.two_sample_test import share_below
from nashgan.models import DISCRIMINATORS
from nashgan.models.bundle import MEND, ModelConfig, build_discriminator
from nashgan.records.arrays import Images
from nashgan.records.weights import load_config, load_weights
from nashgan.runtime.progress import progress

BATCH = 100


def critic_gap(train: Float[np.ndarray, " n"], held_out: Float[np.ndarray, " m"]) -> Estimate:
    """How often D finds a training image more real than a held-out one, from its logits; 1/2 if it cannot tell.

    Details: the p-value of "cannot tell" and both mean logits. Raises UserError for fewer than two images a set.
    """
    found = share_below(held_out, train)
    means = {"train": float(train.mean()), "held_out": float(held_out.mean())}
    return Estimate(found.share, found.interval, {"p_value": found.p_value, "logits": means})


def critic_logits(folder: Path, data: Images) -> Float[np.ndarray, " n"] | None:
    """The logits of the discriminator in `folder`; None where another partner than a discriminator is kept there.

    Raises UserError where the folder is missing or broken.
    """
    config = load_config(folder, ModelConfig, MEND)
    if config.name not in DISCRIMINATORS:
        return None
    known = data.labels if config.classes else None
    module, device = build_discriminator(config), best_device()
    load_weights(folder / "weights.safetensors", module, MEND)
    module = module.eval().requires_grad_(False).to(device)
    logits = []
    with progress("critic", len(data)) as advance, torch.inference_mode():
        for start in range(0, len(data), BATCH):
            part = slice(start, start + BATCH)
            images = torch.from_numpy(np.array(data.images[part])).to(device)
            labels = None if known is None else torch.from_numpy(np.array(known[part])).to(device)
            logits.append(module(images.float() / 127.5 - 1, labels).float().cpu().numpy())
            advance(len(images))
    return np.concatenate(logits)
