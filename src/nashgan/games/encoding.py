"""An encoder that learns beside the game, as the inverse of the generator. The game itself stays the same, bit for bit.

Two errors are minimised. The one in the vectors is that of regression: E(G(z)) against z, of images that the averaged
generator draws (the latent regressor of Donahue et al., 2017, section 4.1). The one in the pixels is of real images:
G(E(x)) against x. It brings real images, which the regression has never seen, into the domain of the encoder (Zhu et
al., "In-domain GAN inversion", 2020, equation 4, without its features and its discriminator).

A third term says which images are near each other, which neither error does: a real image and the same image changed a
little have near vectors, and no two others (NT-Xent: Chen et al., "A simple framework for contrastive learning", 2020,
equation 1; beside a GAN: Jeong and Shin, "Training GANs with stronger augmentations via contrastive discriminator",
2021).
"""

import math
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import affine_grid, cross_entropy, grid_sample, interpolate, mse_loss, normalize
from torch.optim import Optimizer

from nashgan.games.adversarial import AdversarialGame
from nashgan.games.batches import Batches
from nashgan.games.curves import Curve
from nashgan.games.game import GameParams
from nashgan.games.optimisation import add_gradient, create_optimizer, move
from nashgan.games.running_average import Average, HalfLife
from nashgan.models.config import ModelConfig
from nashgan.models.encoder import Encoder
from nashgan.runtime.device import Device
from nashgan.runtime.randomness import derive_seed

TURN, SHEAR = math.radians(15), 0.2  # the largest changes of an image: an angle, a slope,
SCALE, SHIFT = 0.15, 0.1  # the logarithm of a side's factor, a share of the side,
BEND, KNOTS = 0.075, 4  # and a share of the side at each of 4 × 4 points, between which it is interpolated
TEMPERATURE = 0.1  # that cosines are divided by: that of Chen et al. for ImageNet
CONTRAST_WEIGHT = 1.0  # beside the error in the vectors; ten times as much made neighbours worse

ERRORS = Curve(
    "Errors of the encoder",
    {"vector_error": ("of vectors", "n"), "pixel_error": ("of real images", "d")},
    "both fall and settle. At 1 the vectors contain no information about z. The error of real images is a mean square "
    "of pixels in -1 to 1. It cannot fall to 0 where the generator cannot draw an image.",
    from_zero=True,
)
CONTRAST = Curve(
    "Contrast of the encoder",
    {"contrast": ("NT-Xent", "n")},
    "it falls. Where all vectors are equal it is the logarithm of one less than twice the batch. The lower it is, the "
    "more surely the vectors tell a real image and the same image, turned, moved and bent a little, from others.",
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
        return (*super().curves(loss), ERRORS, CONTRAST)

    @property
    def measures(self) -> tuple[str, ...]:
        """Those of the game, and the encoder's mean squared errors, contrast and gradient norm."""
        return (*super().measures, "vector_error", "pixel_error", "contrast", "grad_norm_e")

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

    def encoder_step(self, real: Float[Tensor, "n c h w"]) -> Float[Tensor, "4"]:
        """One move of E. Returns both errors, the contrast and the gradient norm."""
        own = self.shards.cut(self.latents(len(real)), real)
        told = self.shards.differentiate(self.invert, own, self.modules().values(), self.optimizer_e)
        return torch.cat([told, move(self.optimizer_e)[None]])

    def invert(self, z: Float[Tensor, "n latent"], real: Float[Tensor, "n c h w"]) -> Float[Tensor, "3"]:
        """Add the gradient of E's loss of a shard to that of the weights. Returns both errors and the contrast."""
        draw, other = self.average.module, changed(real)
        with torch.no_grad(), self.device.autocast():
            drawn = draw(z, None).to(real.dtype)
        with self.device.autocast():
            vectors = self.encoder(torch.cat([drawn, real, other])).float()
            of_drawn, of_real, of_other = vectors.chunk(3)
            made = draw(of_real, None).float()
        in_vectors, in_pixels, apart = mse_loss(of_drawn, z), mse_loss(made, real), contrast(of_real, of_other)
        loss = in_vectors + self.encoder_pixel_weight * in_pixels + CONTRAST_WEIGHT * apart
        add_gradient(loss)
        return torch.stack([in_vectors, in_pixels, apart]).detach()


def contrast(one: Float[Tensor, "n d"], other: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
    """NT-Xent: the cross-entropy of finding each vector's partner, the same row of the other set, among all vectors.

    The logits are cosines over `TEMPERATURE`. The mean is over both sets (Chen et al., 2020, equation 1).
    """
    vectors = normalize(torch.cat([one, other]))
    logits = (vectors @ vectors.T / TEMPERATURE).fill_diagonal_(-math.inf)
    return cross_entropy(logits, torch.arange(len(vectors), device=vectors.device).roll(len(one)))


@torch.no_grad()
def changed(images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    """Each image turned, scaled, sheared, moved and bent a little, by its own numbers from torch's global generator.

    Bent: by smooth displacements, as Simard et al. (2003, "elastic distortions"). Pixels are interpolated linearly.
    What is outside of an image has the colour of its nearest pixel.
    """

    def drawn(largest: float, *shape: int) -> Tensor:
        return (2 * torch.rand(len(images), *shape, device=images.device) - 1) * largest

    angle, shear = drawn(TURN), torch.eye(2, device=images.device).repeat(len(images), 1, 1)
    turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], 1).view(-1, 2, 2)
    shear[:, 0, 1] = drawn(SHEAR)
    back = turn @ shear @ drawn(SCALE, 2).exp().diag_embed()  # from where a pixel comes; a side is from -1 to 1
    places = affine_grid(torch.cat([back, drawn(2 * SHIFT, 2, 1)], 2), list(images.shape), align_corners=False)
    bend = interpolate(drawn(2 * BEND, 2, KNOTS, KNOTS), images.shape[2:], mode="bicubic", align_corners=True)
    made = grid_sample(images, places + bend.movedim(1, 3), padding_mode="border", align_corners=False)
    return made.contiguous(memory_format=torch.channels_last)
