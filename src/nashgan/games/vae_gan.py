"""VAE/GAN: Larsen et al., "Autoencoding beyond pixels using a learned similarity metric", 2016.

The decoder of a VAE is the generator of a GAN. How alike two images are is measured in the discriminator's last
features, not in pixels: f(x) given z is N(f(G(z)), σ²I). So a reconstruction need not be blurred to be near. σ is the
standard deviation of the features of real images, so that no scale of D's weights makes the term small or large; the
paper's D has batch norm for that.

    encoder: β KL + R    decoder: γ R + G's loss    D: its own loss    with R = ½ ‖f(x) - f(G(z))‖² / σ²
"""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import Optimizer

from nashgan.games.adversarial import AdversarialGame, Examples, Given
from nashgan.games.curves import Curve
from nashgan.games.game import GameParams
from nashgan.games.optimisation import create_optimizer, move
from nashgan.models.config import ModelConfig
from nashgan.models.discriminator import LayeredDiscriminator
from nashgan.models.vae import Encoder, kl_to_standard_normal
from nashgan.objectives.losses import PairedLoss
from nashgan.runtime.device import Device
from nashgan.spaces.image import as_images

RECONSTRUCTION, KL = (
    Curve(
        "Reconstruction in D’s features",
        {"reconstruction": ("reconstruction", "d")},
        "it falls at first. Later it may rise, because D's features change. Its level depends on D.",
    ),
    Curve(
        "KL divergence",
        {"kl": ("KL", "n")},
        "it rises from zero and settles. It is the information about an image, in nats, that its latent vector has.",
        from_zero=True,
    ),
)


@dataclass
class VAEGANGame(AdversarialGame):
    """An adversarial game whose generator is also the decoder of an encoder. D sees samples and reconstructions."""

    ignores: ClassVar[frozenset[str]] = frozenset({"train.accumulate"})

    encoder: Encoder = field(init=False)
    optimizer_e: Optimizer = field(init=False)
    beta: float = field(init=False)
    gamma: float = field(init=False)

    @classmethod
    def create(cls, config: ModelConfig, game_params: GameParams, device: Device, split: int) -> "VAEGANGame":
        """New players and an encoder; their weights are a function of ``train.seed``."""
        game = super().create(config, game_params, device, split)
        assert isinstance(game, cls)
        train = game_params.learning
        encoder = Encoder(as_images(config.space), config.latent, config.width, config.classes)
        device.place(encoder)
        game.encoder = encoder
        game.optimizer_e = create_optimizer(game.encoder.parameters(), train.lr_generator, train)
        game.beta, game.gamma = game_params.model.beta, game_params.model.gamma
        return game

    @classmethod
    def curves(cls, loss: str) -> tuple[Curve, ...]:
        first, *others = super().curves(loss)
        return first, RECONSTRUCTION, KL, *others

    @property
    def measures(self) -> tuple[str, ...]:
        """Those of the game, the reconstruction's squared distance in D's features, halved, and the KL divergence."""
        return (*super().measures, "reconstruction", "kl")

    def modules(self) -> dict[str, nn.Module]:
        return {**super().modules(), "encoder": self.encoder}

    def optimizers(self) -> dict[str, Optimizer]:
        return {**super().optimizers(), "e": self.optimizer_e}

    def discriminator_step(self, real: Examples, given: Given = None, weight: float = 0.0) -> Float[Tensor, " d"]:
        """One move of D. Returns the same as that of the adversarial game."""

        def tell_apart(real: Examples, given: Given) -> Float[Tensor, " d"]:
            with torch.no_grad(), self.device.autocast():
                fake = self.rebuilt_and_drawn(real, given)
            return self.tell_apart(real, fake, given, weight)

        return self.move_discriminator(tell_apart, self.shards.cut(real, given), weight)

    def rebuilt_and_drawn(self, real: Examples, given: Given) -> Examples:
        """As many examples as `real`: half of them are reconstructions, the others samples."""
        half = len(real) // 2
        z = torch.cat([self.encoded(real, given)[0][:half], self.latents(len(real) - half)])
        decoded: Tensor = self.generator(z, given)
        return decoded

    def encoded(
        self, real: Examples, given: Given
    ) -> tuple[Float[Tensor, "n latent"], Float[Tensor, "n latent"], Float[Tensor, "n latent"]]:
        """z from q(z | x) by the reparametrisation trick, and the mean and the log-variance of q."""
        mean, log_variance = self.encoder(real, given)
        return mean + (log_variance / 2).exp() * torch.randn_like(mean), mean, log_variance

    def seen(self, examples: Examples, given: Given) -> tuple[Float[Tensor, "n features"], Float[Tensor, " n"]]:
        """The input of D's head, and D's logits, in one pass."""
        judge = self.discriminator
        assert isinstance(judge, LayeredDiscriminator)
        features, logits = judge.features_and_logits(examples, given)
        return features.float(), logits.float()

    def generator_step(self, real: Examples, given: Given = None) -> Float[Tensor, "4"]:
        """One move of encoder and decoder. Returns the game's loss, the norm, the reconstruction and the divergence."""
        optimizers, own = (self.optimizer_e, self.optimizer_g), self.shards.cut(real, given)
        told = self.shards.differentiate(self.differentiate, own, self.modules().values(), *optimizers)
        _, norm = [move(optimizer) for optimizer in optimizers]
        return torch.cat([told[:1], norm[None], told[1:]])

    def differentiate(self, real: Examples, given: Given) -> Float[Tensor, "3"]:
        """Set the gradients of encoder and decoder. Returns the game's loss, the reconstruction and the divergence."""
        self.discriminator.requires_grad_(False)
        with self.device.autocast():
            z, mean, log_variance = self.encoded(real, given)
            rebuilt = self.generator(z, given)
            drawn = self.generator(self.latents(len(real)), given)
            with torch.no_grad():
                target, on_real = self.seen(real, given)
            features, on_rebuilt = self.seen(rebuilt, given)
            on_drawn = self.discriminator(drawn, given).float()
        spread = target.std(dim=0).square().mean().clamp(min=torch.finfo(torch.float32).tiny)
        reconstruction = (features - target).square().sum(1).mean() / spread / 2
        g_loss = (self.loss_of(on_real, on_rebuilt) + self.loss_of(on_real, on_drawn)) / 2
        kl = kl_to_standard_normal(mean, log_variance).mean()
        _differentiate(self.beta * kl + reconstruction, self.encoder, retain=True)
        _differentiate(self.gamma * reconstruction + g_loss, self.generator)
        return torch.stack([g_loss, reconstruction, kl]).detach()

    def loss_of(self, on_real: Float[Tensor, " n"], on_fake: Float[Tensor, " n"]) -> Float[Tensor, ""]:
        """G's loss for these logits."""
        if isinstance(self.loss, PairedLoss):
            return self.loss.generator(on_real, on_fake)
        return self.loss.generator(on_fake)


def _differentiate(loss: Float[Tensor, ""], module: nn.Module, retain: bool = False) -> None:
    """Set the gradients of the module's weights to those of `loss`, and no others."""
    weights = list(module.parameters())
    gradients = torch.autograd.grad(loss, weights, retain_graph=retain)
    for weight, gradient in zip(weights, gradients, strict=True):
        weight.grad = gradient
