"""An encoder that learns beside the game, as the inverse of the generator. The game itself stays the same, bit for bit.

Two errors are minimised. The one in the vectors is that of regression: E(G(z)) against z, of images that the averaged
generator draws (the latent regressor of Donahue et al., 2017, section 4.1). The one in the pixels is of real images:
G(E(x)) against x. It brings real images, which the regression has never seen, into the domain of the encoder (Zhu et
al., "In-domain GAN inversion", 2020, equation 4, without its features and its discriminator).
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import mse_loss
from torch.optim import Adam, Optimizer

from nashgan.games.adversarial import AdversarialGame
from nashgan.games.batches import Batches
from nashgan.games.curves import Curve, Fact
from nashgan.games.game import GameParams
from nashgan.games.optimisation import descend
from nashgan.games.running_average import Average
from nashgan.models.config import ModelConfig
from nashgan.models.encoder import Encoder
from nashgan.runtime.device import Device
from nashgan.runtime.randomness import derive_seed

CURVE = Curve(
    "Errors of the encoder",
    {"vector_error": ("of vectors", "n"), "pixel_error": ("of real images", "d")},
    "both fall and settle. At 1 the vectors tell nothing of z. The error of real images is in squared brightness from "
    "-1 to 1; what the generator cannot draw stays in it.",
    from_zero=True,
)


@dataclass
class EncodingGame:
    """The adversarial game, and beside it an encoder with its running average and its own optimizer."""

    in_one_step: ClassVar[bool] = False
    facts: ClassVar[tuple[Fact, ...]] = ()
    ignores: ClassVar[frozenset[str]] = AdversarialGame.ignores

    game: AdversarialGame
    encoder: nn.Module
    encoder_average: Average
    optimizer_e: Optimizer
    pixel_weight: float

    @classmethod
    def create(cls, config: ModelConfig, game_params: GameParams, device: Device, split: int) -> "EncodingGame":
        """New players, as without an encoder, and then a new encoder; its weights are a function of the seed, too."""
        game, train = AdversarialGame.create(config, game_params, device, split), game_params.learning
        torch.manual_seed(derive_seed(train.seed, "encoder weights"))
        encoder = device.place(Encoder(config.model_copy(update={"name": game_params.model.discriminator_name})))
        betas = (train.beta1, train.beta2)
        return cls(
            game=game,
            encoder=encoder,
            encoder_average=Average(encoder, train.ema_half_life),
            optimizer_e=Adam(encoder.parameters(), lr=train.lr_generator, betas=betas, fused=True),
            pixel_weight=game_params.model.encoder_pixel_weight,
        )

    @classmethod
    def objective(cls, loss: str) -> str:
        return AdversarialGame.objective(loss)

    @classmethod
    def curves(cls, loss: str) -> tuple[Curve, ...]:
        return (*AdversarialGame.curves(loss), CURVE)

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
        """Those of the game, and the encoder's mean squared errors and gradient norm."""
        return (*self.game.measures, "vector_error", "pixel_error", "grad_norm_e")

    @property
    def indifferent_loss(self) -> float:
        return self.game.indifferent_loss

    @property
    def step_images(self) -> int:
        return self.game.step_images

    def modules(self) -> dict[str, nn.Module]:
        return {**self.game.modules(), "e": self.encoder, "e_average": self.encoder_average.module}

    def optimizers(self) -> dict[str, Optimizer]:
        return {**self.game.optimizers(), "e": self.optimizer_e}

    def step(self, batches: Batches, seen: int) -> Float[Tensor, "10"]:
        """The game's step, then one move of the encoder, whose random numbers come after the game's."""
        of_game = self.game.step(batches, seen)
        real, _ = batches(seen // self.game.batch)
        of_encoder = self.encoder_step(real)
        self.encoder_average.update(self.encoder, self.step_images, seen + self.step_images)
        return torch.cat([of_game, of_encoder])

    def encoder_step(self, real: Float[Tensor, "n c h w"]) -> Float[Tensor, "3"]:
        """One move of E. Returns both errors and the gradient norm."""
        draw, z = self.average.module, self.game.latents(len(real))
        with torch.no_grad(), self.device.autocast():
            drawn = draw(z, None)
        with self.device.autocast():
            vectors = self.encoder(torch.cat([drawn.to(real.dtype), real])).float()
            of_drawn, of_real = vectors.chunk(2)
            in_vectors = mse_loss(of_drawn, z)
            in_pixels = mse_loss(draw(of_real, None).float(), real) if self.pixel_weight else in_vectors.new_zeros(())
        norm = descend(in_vectors + self.pixel_weight * in_pixels, self.optimizer_e)
        return torch.stack([in_vectors.detach(), in_pixels.detach(), norm])
