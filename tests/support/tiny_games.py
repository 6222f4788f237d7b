"""Every game that learns in steps, with tiny players and noise to learn from."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from tiny_training import FP32, game_params, parameters

from nashgan.games import create_game
from nashgan.games.batches import Batches, PartlyLabelled
from nashgan.games.game import Game
from nashgan.models.config import ModelConfig
from nashgan.params import Params
from nashgan.records.examples import Examples
from nashgan.records.given import Translation
from nashgan.runtime.processes import ALONE, Processes
from nashgan.spaces.image import ImageSpace
from nashgan.spaces.space import Space
from nashgan.spaces.text import TextSpace

SIZE = 16  # pixels a side
IMAGES = np.random.default_rng(0).integers(0, 256, (40, 1, SIZE, SIZE), dtype=np.uint8)
LABELS = np.arange(len(IMAGES)) % 4
TEXT = TextSpace("\nab", 2)
LINES = TEXT.indices(["ab", "ba"] * 20)
PAIRED = {"loss": "rpgan", "penalty": "r1_r2", "penalty_weight": 1.0, "pixel_weight": 10.0}


@dataclass(frozen=True)
class Tiny:
    """The changes to the parameters that make a game."""

    model: dict[str, Any]
    objective: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    train: dict[str, Any] = field(default_factory=dict)
    classes: int = 0

    def params(self, **train: object) -> Params:
        """The parameters; a batch of 8, unless `train` says something else."""
        sections = {"model": self.model, "objective": self.objective, "data": self.data, "train": self.train | train}
        return parameters(**{name: section for name, section in sections.items() if section})

    def create(self, params: Params, processes: Processes = ALONE) -> tuple[Game, Batches]:
        """A new game of these parameters, and its batches."""
        space: Space = TEXT if self.model["name"] == "seqgan" else ImageSpace(1, SIZE, SIZE)
        few, translated = params.objective.labelled, params.data.other
        config = ModelConfig(
            name=params.model.name,
            examples=space.format,
            latent=6,
            width=2,
            classes=self.classes,
            given=Translation(other=translated, digest="0" * 64) if translated else params.data.degradation,
            answers=4 if few else 0,
        )
        device = replace(FP32, processes=processes)
        game = create_game(config, game_params(params), device, len(IMAGES))
        how = space, params.train.batch, params.train.seed, device.torch
        if few:
            return game, PartlyLabelled(Examples(IMAGES, LABELS), Examples(IMAGES[:few], LABELS[:few]), *how)
        values = LINES if space is TEXT else IMAGES
        examples = Examples(values, LABELS if self.classes else None)
        other = Batches(Examples(255 - IMAGES), *how) if translated else None
        return game, Batches(examples, *how, self.classes, params.data.degradation, other)


GAMES: dict[str, Tiny] = {
    "r3gan": Tiny(
        {"name": "r3gan", "conditional": True}, {"loss": "rpgan", "penalty": "r1_r2", "penalty_share": 0.5}, classes=4
    ),
    "batch norm": Tiny({"name": "dcgan"}, train={"clip_gradients": 0.5}),
    "wgan-gp": Tiny(
        {"name": "mlp"}, {"loss": "wgan", "penalty": "wgan_gp", "d_steps": 2}, train={"optimizer": "rmsprop"}
    ),
    "clipped": Tiny({"name": "mlp"}, {"loss": "wgan", "penalty": "clip"}, train={"optimizer": "sgd"}),
    "spectral": Tiny({"name": "mlp", "discriminator": "conv"}, {"loss": "hinge", "penalty": "spectral"}),
    "augmented": Tiny({"name": "mlp"}, {"augment": "flip+translation+cutout", "loss": "rpgan", "d_steps": 2}),
    "restoring": Tiny({"name": "unet", "discriminator": "auto"}, PAIRED, {"given": "small+noisy"}),
    "regression": Tiny({"name": "unet_regression", "discriminator": "auto"}, PAIRED, {"given": "small+noisy"}),
    "cycle": Tiny({"name": "unet_cycle", "discriminator": "auto"}, PAIRED, {"other": "digits8"}),
    "vae": Tiny({"name": "vae"}),
    "vae-gan": Tiny({"name": "vae_gan", "discriminator": "conv"}),
    "inverse": Tiny({"name": "mlp", "encoder": "inverse"}),
    "bigan": Tiny({"name": "mlp", "encoder": "adversarial"}, {"loss": "rpgan"}),
    "few labels": Tiny({"name": "dcgan"}, {"labelled": 8}),
    "text": Tiny({"name": "seqgan", "discriminator": "auto"}, data={"name": "names"}, train={"images": 32}),
}
