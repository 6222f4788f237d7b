"""BiGAN: Donahue, Krähenbühl, Darrell, "Adversarial feature learning", 2017; ALI: Dumoulin et al., 2017.

D judges pairs: a real image with the vector that E gives it, (x, E(x)), and a vector with the image that G draws for
it, (G(z), z). G and E together make the two kinds of pairs alike; where D cannot tell them apart, E inverts G (theorem
2 of Donahue et al.). G and E share an optimizer.
"""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from nashgan.games.adversarial import AdversarialGame, Examples, Given
from nashgan.games.batches import Batches
from nashgan.games.game import GameParams
from nashgan.games.optimisation import add_gradient, create_optimizer
from nashgan.games.running_average import Average, HalfLife
from nashgan.models.config import ModelConfig
from nashgan.models.encoder import Encoder
from nashgan.models.pairs import PairDiscriminator, pairs
from nashgan.objectives.losses import PairedLoss
from nashgan.objectives.penalties import Reparametrisation
from nashgan.runtime.device import Device
from nashgan.runtime.randomness import derive_seed


@dataclass
class BiGANGame(AdversarialGame):
    """The adversarial game with a discriminator of pairs, and an encoder that plays on the generator's side.

    ``g_loss`` and ``grad_norm_g`` are of G and E together.
    """

    ignores: ClassVar[frozenset[str]] = AdversarialGame.ignores | {"model.encoder_pixel_weight", "train.accumulate"}

    encoder: nn.Module = field(init=False)
    encoder_average: Average = field(init=False)

    @classmethod
    def create(cls, config: ModelConfig, game_params: GameParams, device: Device, split: int) -> "BiGANGame":
        """New players; their weights are a function of ``train.seed``."""
        game, train = super().create(config, game_params, device, split), game_params.learning
        assert isinstance(game, cls)
        torch.manual_seed(derive_seed(train.seed, "encoder weights"))
        family = config.model_copy(update={"name": game_params.model.discriminator_name})
        judge, encoder = PairDiscriminator(family), device.place(Encoder(family))
        if isinstance(game.penalty, Reparametrisation):
            game.penalty.apply(judge)
        movers = [*game.generator.parameters(), *encoder.parameters()]
        game.discriminator = device.place(judge)
        game.optimizer_d = create_optimizer(judge.parameters(), train.lr_discriminator, train)
        game.optimizer_g = create_optimizer(movers, train.lr_generator, train)
        game.encoder, game.encoder_average = encoder, Average(encoder, HalfLife.of(train))
        return game

    @property
    def kept_encoder(self) -> nn.Module:
        return self.encoder_average.module

    def modules(self) -> dict[str, nn.Module]:
        return {**super().modules(), "e": self.encoder, "e_average": self.encoder_average.module}

    def step(self, batches: Batches, seen: int) -> Float[Tensor, " measures"]:
        """`d_steps` moves of D, one of G and E."""
        measures = super().step(batches, seen)
        self.encoder_average.update(self.encoder, self.step_images, seen + self.step_images)
        return measures

    def both_pairs(
        self, real: Float[Tensor, "n c h w"], z: Float[Tensor, "n latent"]
    ) -> tuple[Float[Tensor, "n k"], Float[Tensor, "n k"]]:
        """(x, E(x)) and (G(z), z)."""
        with self.device.autocast():
            return pairs(real, self.encoder(real)), pairs(self.generator(z, None), z)

    def discriminator_step(self, real: Examples, given: Given = None, weight: float = 0.0) -> Float[Tensor, " d"]:
        """One move of D. Returns its loss, `answers` on both kinds of pairs, the penalty and the gradient norm."""

        def tell_pairs_apart(real: Examples, z: Float[Tensor, "n latent"]) -> Float[Tensor, " d"]:
            with torch.no_grad():
                of_real, of_fake = self.both_pairs(real, z)
            return self.tell_apart(of_real, of_fake, None, weight)

        return self.move_discriminator(tell_pairs_apart, self.shards.cut(real, self.latents(len(real))), weight)

    def generator_step(self, real: Examples, given: Given = None) -> Float[Tensor, "2"]:
        """One move of G and E: pairs of real images are to look generated, and generated ones real."""
        return self.move_generator(self.deceive_with_pairs, self.shards.cut(real, self.latents(len(real))))

    def deceive_with_pairs(self, real: Examples, z: Float[Tensor, "n latent"]) -> Float[Tensor, "1"]:
        """Add the gradient of G's and E's loss of a shard to that of the weights. Returns the loss."""
        self.discriminator.requires_grad_(False)
        of_real, of_fake = self.both_pairs(real, z)
        with self.device.autocast():
            on_real, on_fake = self.discriminator(of_real).float(), self.discriminator(of_fake).float()
        if isinstance(self.loss, PairedLoss):
            loss = self.loss.generator(on_real, on_fake)
        else:  # the losses that are allowed here are symmetric about a logit of 0
            loss = self.loss.generator(on_fake) + self.loss.generator(-on_real)
        add_gradient(loss)
        return loss.detach()[None]
