"""BiGAN: Donahue, Krähenbühl, Darrell, "Adversarial feature learning", 2017; ALI: Dumoulin et al., 2017.

D judges pairs: a real image with the vector that E gives it, (x, E(x)), and a vector with the image that G draws for
it, (G(z), z). G and E together make the two kinds of pairs alike; where D cannot tell them apart, E inverts G (theorem
2 of Donahue et al.). G and E share an optimizer.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from nashgan.games.adversarial import AdversarialGame
from nashgan.games.batches import Batches
from nashgan.games.curves import Curve, Fact
from nashgan.games.game import GameParams
from nashgan.games.optimisation import descend
from nashgan.games.running_average import Average
from nashgan.models.config import ModelConfig
from nashgan.models.encoder import Encoder
from nashgan.models.pairs import PairDiscriminator, pairs
from nashgan.objectives.losses import PairedLoss
from nashgan.objectives.penalties import Reparametrisation, WeightConstraint
from nashgan.runtime.device import Device
from nashgan.runtime.randomness import derive_seed


@dataclass
class BiGANGame:
    """The adversarial game with a discriminator of pairs, and an encoder that plays on the generator's side."""

    in_one_step: ClassVar[bool] = False
    facts: ClassVar[tuple[Fact, ...]] = ()
    ignores: ClassVar[frozenset[str]] = AdversarialGame.ignores | {"model.encoder_pixel_weight"}

    game: AdversarialGame  # its discriminator judges pairs, its optimizer of G moves E, too
    encoder: nn.Module
    encoder_average: Average

    @classmethod
    def create(cls, config: ModelConfig, game_params: GameParams, device: Device, split: int) -> "BiGANGame":
        """New players; their weights are a function of ``train.seed``."""
        game, train = AdversarialGame.create(config, game_params, device, split), game_params.learning
        torch.manual_seed(derive_seed(train.seed, "encoder weights"))
        family = config.model_copy(update={"name": game_params.model.discriminator_name})
        judge, encoder = PairDiscriminator(family), device.place(Encoder(family))
        if isinstance(game.penalty, Reparametrisation):
            game.penalty.apply(judge)
        betas = (train.beta1, train.beta2)
        movers = [*game.generator.parameters(), *encoder.parameters()]
        game.discriminator = device.place(judge)
        game.optimizer_d = Adam(judge.parameters(), lr=train.lr_discriminator, betas=betas, fused=True)
        game.optimizer_g = Adam(movers, lr=train.lr_generator, betas=betas, fused=True)
        return cls(game, encoder, Average(encoder, train.ema_half_life))

    @classmethod
    def objective(cls, loss: str) -> str:
        return AdversarialGame.objective(loss)

    @classmethod
    def curves(cls, loss: str) -> tuple[Curve, ...]:
        return AdversarialGame.curves(loss)

    @property
    def config(self) -> ModelConfig:
        return self.game.config

    @property
    def device(self) -> Device:
        return self.game.device

    @property
    def average(self) -> Average:
        return self.game.average

    @property
    def generator(self) -> nn.Module:
        return self.game.generator

    @property
    def partner(self) -> nn.Module:
        return self.game.discriminator

    @property
    def measures(self) -> tuple[str, ...]:
        """Those of the game; ``g_loss`` and ``grad_norm_g`` are of G and E together."""
        return self.game.measures

    @property
    def indifferent_loss(self) -> float:
        return self.game.indifferent_loss

    @property
    def step_images(self) -> int:
        return self.game.step_images

    def modules(self) -> dict[str, nn.Module]:
        return {**self.game.modules(), "e": self.encoder, "e_average": self.encoder_average.module}

    def optimizers(self) -> dict[str, Optimizer]:
        return self.game.optimizers()

    def step(self, batches: Batches, seen: int) -> Float[Tensor, "7"]:
        """`d_steps` moves of D, one of G and E."""
        game, moves = self.game, []
        first, weight = seen // game.batch, game.penalty_weight(seen)
        for k in range(game.d_steps):
            real, _ = batches(first + k)
            moves.append(self.discriminator_step(real, weight))
        d_loss, d_real, d_fake, cost, norm_d = torch.stack(moves).mean(0)
        g_loss, norm_g = self.generator_step(real)
        self.encoder_average.update(self.encoder, self.step_images, seen + self.step_images)
        return torch.stack([d_loss, g_loss, d_real, d_fake, cost, norm_d, norm_g])

    def both_pairs(self, real: Float[Tensor, "n c h w"]) -> tuple[Float[Tensor, "n k"], Float[Tensor, "n k"]]:
        """(x, E(x)) and (G(z), z)."""
        z = self.game.latents(len(real))
        with self.device.autocast():
            return pairs(real, self.encoder(real)), pairs(self.generator(z, None), z)

    def discriminator_step(self, real: Float[Tensor, "n c h w"], weight: float) -> Float[Tensor, "5"]:
        """One move of D. Returns its loss, mean D of both kinds of pairs, the penalty and the gradient norm."""
        game = self.game
        game.discriminator.requires_grad_(True)
        with torch.no_grad():
            of_real, of_fake = self.both_pairs(real)
        on_real, on_fake, cost = game._judge(of_real, of_fake, None)
        loss = game.loss.discriminator(on_real, on_fake)
        norm = descend(loss + weight * cost, game.optimizer_d)
        if isinstance(game.penalty, WeightConstraint):
            game.penalty.apply(game.discriminator, weight)
        on_real, on_fake = on_real.detach(), on_fake.detach()
        return torch.stack([loss.detach(), on_real.sigmoid().mean(), on_fake.sigmoid().mean(), cost.detach(), norm])

    def generator_step(self, real: Float[Tensor, "n c h w"]) -> Float[Tensor, "2"]:
        """One move of G and E: pairs of real images are to look generated, and generated ones real."""
        game = self.game
        game.discriminator.requires_grad_(False)
        of_real, of_fake = self.both_pairs(real)
        with self.device.autocast():
            on_real, on_fake = game.discriminator(of_real).float(), game.discriminator(of_fake).float()
        if isinstance(game.loss, PairedLoss):
            loss = game.loss.generator(on_real, on_fake)
        else:  # the losses that are allowed here are symmetric about a logit of 0
            loss = game.loss.generator(on_fake) + game.loss.generator(-on_real)
        return torch.stack([loss.detach(), descend(loss, game.optimizer_g)])
