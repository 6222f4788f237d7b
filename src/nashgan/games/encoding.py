"""An encoder that learns beside the game, as the inverse of the generator. The game itself stays the same, bit for bit.

Two errors are minimised. The one in the vectors is that of regression: E(G(z)) against z, of images that the averaged
generator draws (the latent regressor of Donahue et al., 2017, section 4.1). The one in the pixels is of real images:
G(E(x)) against x. It brings real images, which the regression has never seen, into the domain of the encoder (Zhu et
al., "In-domain GAN inversion", 2020, equation 4, without its features and its discriminator).
"""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import mse_loss
from torch.optim import Optimizer

from nashgan.games.adversarial import AdversarialGame
from nashgan.games.batches import Batches
from nashgan.games.curves import Curve
from nashgan.games.game import GameParams
from nashgan.games.optimisation import create_optimizer, descend
from nashgan.games.running_average import Average, HalfLife
from nashgan.models.config import ModelConfig
from nashgan.models.encoder import Encoder
from nashgan.runtime.device import Device
from nashgan.runtime.randomness import derive_seed

CURVE = Curve(
    "Errors of the encoder",
    {"vector_error": ("of vectors", "n"), "pixel_error": ("of real images", "d")},
    "both fall and settle. At 1 the vectors contain no information about z. The error of real images is a mean square "
    "of pixels in -1 to 1. It cannot fall to 0 where the generator cannot draw an image.",
    from_zero=True,
)


@dataclass
class EncodingGame(AdversarialGame):
    """The adversarial game, and beside it an encoder with its running average and its own optimizer."""

    ignores: ClassVar[frozenset[str]] = AdversarialGame.ignores | {"train.accumulate"}

    encoder: nn.Module = field(init=False)
    encoder_average: Average = field(init=False)
    optimizer_e: Optimizer = field(init=False)
    encoder_pixel_weight: float = field(init=False)

    @classmethod
    def create(cls, config: ModelConfig, game_params: GameParams, device: Device, split: int) -> "EncodingGame":
        """New players, as without an encoder, and then a new encoder; its weights are a function of the seed, too."""
        game, train = super().create(config, game_params, device, split), game_params.learning
        assert isinstance(game, cls)
        torch.manual_seed(derive_seed(train.seed, "encoder weights"))
        family = config.model_copy(update={"name": game_params.model.discriminator_name})
        game.encoder = device.place(Encoder(family))
        game.encoder_average = Average(game.encoder, HalfLife.of(train))
        game.optimizer_e = create_optimizer(game.encoder.parameters(), train.lr_generator, train)
        game.encoder_pixel_weight = game_params.model.encoder_pixel_weight
        return game

    @classmethod
    def curves(cls, loss: str) -> tuple[Curve, ...]:
        return (*super().curves(loss), CURVE)

    @property
    def measures(self) -> tuple[str, ...]:
        """Those of the game, and the encoder's mean squared errors and gradient norm."""
        return (*super().measures, "vector_error", "pixel_error", "grad_norm_e")

    @property
    def kept_encoder(self) -> nn.Module:
        return self.encoder_average.module

    def modules(self) -> dict[str, nn.Module]:
        return {**super().modules(), "e": self.encoder, "e_average": self.encoder_average.module}

    def optimizers(self) -> dict[str, Optimizer]:
        return {**super().optimizers(), "e": self.optimizer_e}

    def step(self, batches: Batches, seen: int) -> Float[Tensor, " measures"]:
        """The game's step, then one move of the encoder, whose random numbers come after the game's."""
        of_game = super().step(batches, seen)
        real, _ = batches(seen // self.batch)
        of_encoder = self.encoder_step(real)
        self.encoder_average.update(self.encoder, self.step_images, seen + self.step_images)
        return torch.cat([of_game, of_encoder])

    def encoder_step(self, real: Float[Tensor, "n c h w"]) -> Float[Tensor, "3"]:
        """One move of E. Returns both errors and the gradient norm."""
        draw, z, weight = self.average.module, self.latents(len(real)), self.encoder_pixel_weight
        with torch.no_grad(), self.device.autocast():
            drawn = draw(z, None)
        with self.device.autocast():
            vectors = self.encoder(torch.cat([drawn.to(real.dtype), real])).float()
            of_drawn, of_real = vectors.chunk(2)
            in_vectors = mse_loss(of_drawn, z)
            in_pixels = mse_loss(draw(of_real, None).float(), real) if weight else in_vectors.new_zeros(())
        norm = descend(in_vectors + weight * in_pixels, self.optimizer_e)
        return torch.stack([in_vectors.detach(), in_pixels.detach(), norm])
