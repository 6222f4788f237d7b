"""The network that names classes, trained on the few labelled examples alone: what a GAN's examples add to them."""

from dataclasses import dataclass

import torch
from jaxtyping import Int64, UInt8
from torch import Tensor
from torch.nn.functional import cross_entropy

from nashgan.models.classifying import ClassifyingDiscriminator
from nashgan.models.config import ModelConfig, build_discriminator
from nashgan.records.examples import Examples
from nashgan.runtime.progress import progress
from nashgan.runtime.randomness import derive_seed

STEPS = 400  # after fewer than 100 the labelled examples are memorised
LR_END = 0.1  # of the learning rate, reached in a straight line


@dataclass(frozen=True)
class Learning:
    """How the discriminator learned. The network with labels alone learns in the same way."""

    seed: int
    batch: int
    lr: float
    beta1: float
    beta2: float


def train_alone(
    config: ModelConfig, known: Examples, learning: Learning, device: torch.device
) -> ClassifyingDiscriminator:
    """A new discriminator as in `config`, trained by cross-entropy on `known`; a function of them and of the seed.

    Its input is disturbed as in the game (`models.classifying.Disturbance`). Draws no number of torch's global
    generator.
    """
    images = torch.from_numpy(known.values.copy()).to(device)
    labels = torch.from_numpy(known.labels.copy()).to(device) if known.labels is not None else images.new_empty(0)
    with torch.random.fork_rng(devices=[]), progress("labels alone", STEPS) as advance:
        torch.manual_seed(derive_seed(learning.seed, "labels alone", "weights"))
        module = build_discriminator(config)
        assert isinstance(module, ClassifyingDiscriminator)
        module.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        optimizer = torch.optim.Adam(module.parameters(), lr=learning.lr, betas=(learning.beta1, learning.beta2))
        for step in range(STEPS):
            optimizer.param_groups[0]["lr"] = learning.lr * (1 - (1 - LR_END) * step / STEPS)
            torch.manual_seed(derive_seed(learning.seed, "labels alone", step))
            drawn = torch.randint(len(images), (learning.batch,)).to(device)
            loss = _loss(module, config, images[drawn], labels[drawn])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            advance(1, loss=float(loss.detach()))
    return module.eval()


def _loss(
    module: ClassifyingDiscriminator, config: ModelConfig, images: UInt8[Tensor, "n c h w"], labels: Int64[Tensor, " n"]
) -> Tensor:
    return cross_entropy(module.classes(config.space.to_players(images)), labels)
