"""Translating images without pairs: two adversarial games, there and back again (Zhu et al., 2017, CycleGAN).

One generator makes images of another dataset look like those of the training split, a second one leads back. Each has
a discriminator, with the loss and the penalty of the parameters. Images that went both ways are to be what they were,
and each image is to stay close to the given one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import Optimizer

from nashgan.games.adversarial import AdversarialGame, Examples
from nashgan.games.batches import Batches
from nashgan.games.curves import Curve
from nashgan.games.game import GameParams
from nashgan.games.optimisation import add_gradient, move
from nashgan.models.config import ModelConfig
from nashgan.runtime.device import Device
from nashgan.runtime.randomness import derive_seed

# How much an image is to stay as it was given, times the cycle's weight (Shrivastava et al., 2017, section 2.1).
# Without labels, discriminator and cycle would also accept a 3 for every 9. This term prevents it.
STAY = 1.0
CYCLE_CURVE = Curve(
    "Difference of images after the way there and back",
    {"cycle": ("difference", "g")},
    "it falls steeply, then slowly. It is the mean absolute difference, of pixels in -1 to 1, over both directions.",
    from_zero=True,
)


@dataclass
class CycleGame(AdversarialGame):
    """The game of the way there, with a second one of the way back. Their generators learn together."""

    ignores: ClassVar[frozenset[str]] = AdversarialGame.ignores | {"objective.d_steps", "train.accumulate"}

    reverse: AdversarialGame = field(init=False)  # of the way back

    @classmethod
    def create(cls, config: ModelConfig, game_params: GameParams, device: Device, split: int) -> "CycleGame":
        """New players; their weights are a function of ``train.seed``."""
        game, train = super().create(config, game_params, device, split), game_params.learning
        assert isinstance(game, cls)
        other = train.model_copy(update={"seed": derive_seed(train.seed, "back"), "accumulate": 1})
        game.reverse = AdversarialGame.create(config, replace(game_params, learning=other), device, split)
        game.reverse.shards = game.shards  # so that each move has random numbers of its own
        return game

    @classmethod
    def objective(cls, loss: str) -> str:
        return f"{loss} with cycle consistency"

    @classmethod
    def curves(cls, loss: str) -> tuple[Curve, ...]:
        return *super().curves(loss), CYCLE_CURVE

    @property
    def back(self) -> nn.Module:
        return self.reverse.average.module

    @property
    def measures(self) -> tuple[str, ...]:
        """Those of the game there and back, averaged, and the mean difference of images that came back."""
        return (*super().measures, "cycle")

    @property
    def step_images(self) -> int:
        """Images of each dataset."""
        return self.batch

    def modules(self) -> dict[str, nn.Module]:
        return super().modules() | {f"back_{name}": module for name, module in self.reverse.modules().items()}

    def optimizers(self) -> dict[str, Optimizer]:
        return super().optimizers() | {f"back_{name}": one for name, one in self.reverse.optimizers().items()}

    def step(self, batches: Batches, seen: int) -> Float[Tensor, " measures"]:
        """A move of both generators, then one of each discriminator, with what the generators had made.

        Raises ValueError for batches without images to translate.
        """
        target, source = batches(seen // self.batch)
        if source is None:
            raise ValueError("batches without images to translate")
        (there, back), of_g = self._move_generators(target, source)
        moves = []
        for game, real, fake in ((self, target, there), (self.reverse, source, back)):
            weight = game.penalty_weight(seen)
            own = [(*true, made) for true, made in zip(self.shards.cut(real), fake, strict=True)]
            moves.append(game.move_discriminator(partial(game.tell_apart, given=None, weight=weight), own, weight))
        self.reverse.average.update(self.reverse.generator, self.step_images, seen + self.step_images)
        return self.told(torch.stack(moves).mean(0), of_g)

    def _move_generators(
        self, target: Examples, source: Examples
    ) -> tuple[Sequence[Sequence[Tensor]], Float[Tensor, "3"]]:
        """Returns the images there and back, of each shard, and the mean loss, the norm and the cycle's difference."""
        reverse, made = self.reverse, list[tuple[Examples, Examples]]()
        z = self.latents(len(target))  # the same in all passes, so that the way back adds no chance

        def differentiate(*shard: Tensor) -> Float[Tensor, "2"]:
            images, told = self._differentiate(*shard)
            made.append(images)
            return told

        own, optimizers = self.shards.cut(z, target, source), (self.optimizer_g, reverse.optimizer_g)
        told = self.shards.differentiate(differentiate, own, self.modules().values(), *optimizers)
        return tuple(zip(*made, strict=True)), torch.stack([told[0], move(*optimizers), told[1]])

    def _differentiate(
        self, z: Float[Tensor, "n latent"], target: Examples, source: Examples
    ) -> tuple[tuple[Examples, Examples], Float[Tensor, "2"]]:
        """Add the gradient of the generators' loss of a shard. Returns its images, the loss and the difference."""
        reverse, weight = self.reverse, self.pixel_weight
        with self.device.autocast():
            there, back = self.generator(z, source), reverse.generator(z, target)
            fooled = self.fool(target, there) + reverse.fool(source, back)
            returned = reverse.generator(z, there), self.generator(z, back)
        cycle, stayed = _apart(returned, (source, target)), _apart((there, back), (source, target))
        add_gradient(fooled + weight * (cycle + STAY * stayed))
        return (there.detach(), back.detach()), torch.stack([fooled, cycle]).detach() / 2


def _apart(made: Sequence[Examples], true: Sequence[Examples]) -> Float[Tensor, ""]:
    """The sum of the mean absolute differences of each pair."""
    return torch.stack([(one.float() - other).abs().mean() for one, other in zip(made, true, strict=True)]).sum()
