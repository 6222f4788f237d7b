"""The variational autoencoder's game: encoder and decoder climb the same bound together."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from nashgan.games.batches import TrainingImages
from nashgan.games.optimisation import descend
from nashgan.games.running_average import Average
from nashgan.models.bundle import ModelConfig
from nashgan.models.vae import Decoder, Encoder, kl_to_standard_normal, negative_log_likelihood
from nashgan.params import TrainParams
from nashgan.runtime.device import Device
from nashgan.runtime.randomness import derive_seed


@dataclass
class VAEGame:
    """Decoder, encoder, the decoder's running average, and how they learn: one optimizer for both."""

    generator: Decoder
    partner: Encoder
    average: Average
    optimizer: Optimizer
    beta: float
    batch: int
    latent: int
    device: Device

    @classmethod
    def create(cls, config: ModelConfig, beta: float, train: TrainParams, device: Device) -> "VAEGame":
        """New ones; their weights are a function of ``train.seed``. The learning rate is ``train.lr_generator``."""
        torch.manual_seed(derive_seed(train.seed, "weights"))
        shape = (config.image, config.latent, config.width, config.classes)
        decoder, encoder = Decoder(*shape), Encoder(*shape)
        for module in (decoder, encoder):
            device.place(module)
        parameters = [*decoder.parameters(), *encoder.parameters()]
        return cls(
            generator=decoder,
            partner=encoder,
            average=Average(decoder, train.ema_half_life),
            optimizer=Adam(parameters, lr=train.lr_generator, betas=(train.beta1, train.beta2), fused=True),
            beta=beta,
            batch=train.batch,
            latent=config.latent,
            device=device,
        )

    @property
    def measures(self) -> tuple[str, ...]:
        """The loss, which is -ELBO, its two parts in nats an image, and the gradient's norm."""
        return ("loss", "reconstruction", "kl", "grad_norm")

    @property
    def indifferent_loss(self) -> float:
        return 0.0

    @property
    def step_images(self) -> int:
        return self.batch

    def modules(self) -> dict[str, nn.Module]:
        return {"g": self.generator, "encoder": self.partner, "average": self.average.module}

    def optimizers(self) -> dict[str, Optimizer]:
        return {"g": self.optimizer}

    def step(self, images: TrainingImages, seen: int) -> Float[Tensor, "4"]:
        """One step down -ELBO. Returns the measures."""
        return self.learn(*images(seen // self.batch))

    def learn(self, real: Float[Tensor, "n c h w"], labels: Int64[Tensor, " n"] | None = None) -> Float[Tensor, "4"]:
        """One step on these images; the noise in z is from torch's global generator, which the loop seeds."""
        with self.device.autocast():
            mean, log_variance = self.partner(real, labels)
            z = mean + (log_variance / 2).exp() * torch.randn_like(mean)  # the reparametrisation trick
            logits = self.generator.logits(z, labels).float()
        reconstruction = negative_log_likelihood(logits, real).mean()
        kl = kl_to_standard_normal(mean, log_variance).mean()
        loss = reconstruction + self.beta * kl
        norm = descend(loss, self.optimizer)
        return torch.stack([loss.detach(), reconstruction.detach(), kl.detach(), norm])
