"""A discriminator that is trained after the game, against a fixed set of samples or a fixed sampler."""

import numpy as np
import torch
from jaxtyping import UInt8
from torch.optim import Adam

from nashgan.features.discriminator import LoadedDiscriminator
from nashgan.models.config import ModelConfig, build_discriminator
from nashgan.models.pyramid import LARGEST, SMALLEST
from nashgan.objectives.losses import cross_entropy
from nashgan.runtime.errors import UserError
from nashgan.runtime.progress import progress
from nashgan.runtime.randomness import derive_seed
from nashgan.spaces.image import ImageSpace

NETWORK, WIDTH = "dcgan", 16  # of the discriminators with convolutions, the one that tells the most in 400 steps
BATCH, RATE, DECAY = 64, 1e-3, 1e-2  # images of each set; Adam's learning rate; of the weights, because sets are small
STEPS, EPOCHS = 400, 20  # at most so many steps, and so many uses of each image
FEWEST_STEPS = 60  # for sets of any size: the running averages of batch norm need so many


def train_judge(
    real: UInt8[np.ndarray, "n c h w"], fake: UInt8[np.ndarray, "m c h w"], seed: int, device: torch.device
) -> LoadedDiscriminator:
    """A new discriminator that learned to tell two sets of images apart, by the cross-entropy.

    It depends on the images, their order and `seed` alone. Raises UserError for images it is not made for.
    """
    space = ImageSpace(*real.shape[1:])
    if min(real.shape[2:]) < SMALLEST or max(real.shape[2:]) > LARGEST:
        size = f"{real.shape[3]} x {real.shape[2]}"
        raise UserError(f"judge: made for images of {SMALLEST} to {LARGEST} pixels a side, these have {size}")
    config = ModelConfig(name=NETWORK, examples=space.format, latent=1, width=WIDTH)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "judge", "weights"))
        module = build_discriminator(config).to(device)
    steps = max(FEWEST_STEPS, min(STEPS, EPOCHS * min(len(real), len(fake)) // BATCH))
    optimizer = Adam(module.parameters(), lr=RATE, betas=(0.9, 0.99), weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, steps)
    random = np.random.default_rng(derive_seed(seed, "judge", "order"))
    with progress("judge", steps) as advance:
        for _ in range(steps):
            logits = [
                module(
                    space.to_players(torch.from_numpy(np.array(one[random.integers(len(one), size=BATCH)])).to(device))
                )
                for one in (real, fake)
            ]
            optimizer.zero_grad()
            cross_entropy(*logits).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            advance(1)
    return LoadedDiscriminator(config, module.eval().requires_grad_(False), "", device)
