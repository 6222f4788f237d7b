"""The two players and their moves."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import get_total_norm

from nashgan.models.bundle import ModelConfig, build_discriminator, build_generator
from nashgan.objectives import LOSSES
from nashgan.objectives.losses import Loss
from nashgan.randomness import derive_seed
from nashgan.registry import load
from nashgan.training.device import Device
from nashgan.training.ema import Average

if TYPE_CHECKING:
    from nashgan.params import ObjectiveParams, TrainParams


@dataclass
class Players:
    """Generator, discriminator, the generator's running average, and how they learn."""

    generator: nn.Module
    discriminator: nn.Module
    average: Average
    optimizer_g: torch.optim.Optimizer
    optimizer_d: torch.optim.Optimizer
    loss: Loss
    latent: int
    device: Device

    @classmethod
    def create(
        cls, config: ModelConfig, discriminator: str, objective: "ObjectiveParams", train: "TrainParams", device: Device
    ) -> "Players":
        """New players; their weights are a function of ``train.seed``."""
        torch.manual_seed(derive_seed(train.seed, "weights"))
        g = _placed(build_generator(config), device)
        d = _placed(build_discriminator(config.model_copy(update={"name": discriminator})), device)
        betas = (train.beta1, train.beta2)
        return cls(
            generator=g,
            discriminator=d,
            average=Average(g, train.ema_half_life),
            optimizer_g=torch.optim.Adam(g.parameters(), lr=train.lr_generator, betas=betas, fused=True),
            optimizer_d=torch.optim.Adam(d.parameters(), lr=train.lr_discriminator, betas=betas, fused=True),
            loss=load(LOSSES, objective.loss),
            latent=config.latent,
            device=device,
        )

    def latents(self, count: int) -> Float[Tensor, "count latent"]:
        """z from N(0, I), drawn from torch's global generator: the loop reseeds it before each step."""
        return torch.randn(count, self.latent, device=self.device.torch)

    def discriminator_step(self, real: Float[Tensor, "n c h w"]) -> Float[Tensor, "4"]:
        """One move of D. Returns its loss, mean D(x), mean D(G(z)) and gradient norm, still on the device."""
        self.discriminator.requires_grad_(True)
        with self.device.autocast():
            with torch.no_grad():
                fake = self.generator(self.latents(len(real)))
            # each batch by itself: batch norm must not mix real and fake statistics (DCGAN's reference training)
            on_real = self.discriminator(real).float()
            on_fake = self.discriminator(fake).float()
        loss = self.loss.discriminator(on_real, on_fake)
        norm = self._descend(loss, self.discriminator, self.optimizer_d)
        return torch.stack([loss.detach(), on_real.detach().sigmoid().mean(), on_fake.detach().sigmoid().mean(), norm])

    def generator_step(self, count: int) -> Float[Tensor, "2"]:
        """One move of G. Returns its loss and gradient norm, still on the device."""
        self.discriminator.requires_grad_(False)  # its gradients are not needed: a third of the backward pass
        with self.device.autocast():
            on_fake = self.discriminator(self.generator(self.latents(count))).float()
        loss = self.loss.generator(on_fake)
        norm = self._descend(loss, self.generator, self.optimizer_g)
        return torch.stack([loss.detach(), norm])

    @staticmethod
    def _descend(loss: Tensor, module: nn.Module, optimizer: torch.optim.Optimizer) -> Float[Tensor, ""]:
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = get_total_norm([p.grad for p in module.parameters() if p.grad is not None])
        optimizer.step()
        return norm


def _placed(module: nn.Module, device: Device) -> nn.Module:
    return module.to(device.torch).to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
