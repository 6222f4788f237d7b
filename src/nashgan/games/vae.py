"""The variational autoencoder's game: encoder and decoder maximise the same bound together."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from nashgan.games.alone import GeneratorAlone
from nashgan.games.batches import Batches
from nashgan.games.curves import MEMORY, SPEED, Curve, gradient_norm
from nashgan.games.game import GameParams
from nashgan.games.optimisation import add_gradient, create_optimizer, move
from nashgan.games.running_average import Average, HalfLife
from nashgan.games.shards import Shards
from nashgan.models.config import ModelConfig
from nashgan.models.vae import Decoder, Encoder, kl_to_standard_normal, negative_log_likelihood
from nashgan.runtime.device import Device
from nashgan.runtime.randomness import derive_seed
from nashgan.spaces.image import as_images

CURVES = (
    Curve(
        "Loss",
        {"loss": ("loss", "g")},
        "it falls steeply, then slowly. The loss is an upper bound of the images' negative "
        "log-likelihood, in nats per image.",
    ),
    Curve(
        "Reconstruction",
        {"reconstruction": ("reconstruction", "d")},
        "it falls with the loss. If it is flat from the start and the KL divergence is near zero, the decoder ignores "
        "its latent vectors.",
    ),
    Curve(
        "KL divergence",
        {"kl": ("KL", "n")},
        "it rises from zero and settles. It is the information about an image, in nats, that its latent vector has. "
        "More information makes reconstructions sharper, but more samples may then lie between the learned images.",
        from_zero=True,
    ),
    gradient_norm("encoder and decoder", "n"),
    SPEED,
    MEMORY,
)


@dataclass
class VAEGame(GeneratorAlone):
    """Decoder, encoder, the decoder's running average, and how they learn: one optimizer for both."""

    generator: Decoder
    encoder: Encoder
    beta: float

    @classmethod
    def create(cls, config: ModelConfig, game_params: GameParams, device: Device, split: int) -> "VAEGame":
        """New players; their weights are a function of ``train.seed``. The learning rate is ``train.lr_generator``."""
        train = game_params.learning
        torch.manual_seed(derive_seed(train.seed, "weights"))
        shape = (as_images(config.space), config.latent, config.width, config.classes)
        decoder, encoder = Decoder(*shape), Encoder(*shape)
        for module in (decoder, encoder):
            device.place(module)
        parameters = [*decoder.parameters(), *encoder.parameters()]
        return cls(
            config=config,
            generator=decoder,
            encoder=encoder,
            average=Average(decoder, HalfLife.of(train)),
            optimizer=create_optimizer(parameters, train.lr_generator, train),
            beta=game_params.model.beta,
            batch=train.batch,
            shards=Shards(train.shards, device.processes),
            device=device,
        )

    @classmethod
    def objective(cls, loss: str) -> str:
        return "evidence lower bound"

    @classmethod
    def curves(cls, loss: str) -> tuple[Curve, ...]:
        return CURVES

    @property
    def kept_encoder(self) -> nn.Module:
        return self.encoder

    @property
    def measures(self) -> tuple[str, ...]:
        """The loss, which is -ELBO, its two parts in nats an image, and the gradient's norm."""
        return ("loss", "reconstruction", "kl", "grad_norm")

    def modules(self) -> dict[str, nn.Module]:
        return super().modules() | {"encoder": self.encoder}

    def step(self, batches: Batches, seen: int) -> Float[Tensor, "4"]:
        """One step down -ELBO. Returns the measures."""
        return self.learn(*batches(seen // self.batch))

    def learn(self, real: Float[Tensor, "n c h w"], labels: Int64[Tensor, " n"] | None = None) -> Float[Tensor, "4"]:
        """One step on these images; the noise in z is from torch's global generator, which the loop seeds."""
        own = self.shards.cut(real, labels)
        told = self.shards.differentiate(self.differentiate, own, self.modules().values(), self.optimizer)
        return torch.cat([told, move(self.optimizer)[None]])

    def differentiate(self, real: Float[Tensor, "n c h w"], labels: Int64[Tensor, " n"] | None) -> Float[Tensor, "3"]:
        """Add the gradient of a shard's loss to that of the weights. Returns the loss and its two parts."""
        with self.device.autocast():
            mean, log_variance = self.encoder(real, labels)
            z = mean + (log_variance / 2).exp() * torch.randn_like(mean)  # the reparametrisation trick
            logits = self.generator.logits(z, labels).float()
        reconstruction = negative_log_likelihood(logits, real).mean()
        kl = kl_to_standard_normal(mean, log_variance).mean()
        loss = reconstruction + self.beta * kl
        add_gradient(loss)
        return torch.stack([loss, reconstruction, kl]).detach()
