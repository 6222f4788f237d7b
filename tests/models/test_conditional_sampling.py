"""After a short training on real digits, the image of a class is an image of that class."""

import numpy as np
import torch
from tiny_training import FP32, game_params, parameters

from nashgan.games import create_game
from nashgan.games.batches import Batches
from nashgan.models.config import ModelConfig
from nashgan.records.examples import Examples
from nashgan.spaces.image import ImageSpace

SAMPLES = 500
BATCH = 64
TRAIN: dict[str, object] = {
    "images": 8_000,
    "batch": BATCH,
    "lr_generator": 0.001,
    "lr_discriminator": 0.001,
    "lr_end": 1.0,
    "beta1": 0.0,
    "beta2": 0.99,
    "ema_half_life": 2_000,
}


def nearest(images: np.ndarray, means: np.ndarray) -> np.ndarray:
    """The class whose mean image is nearest."""
    flat = images.reshape(len(images), -1).astype(np.float64)
    found: np.ndarray = np.linalg.norm(flat[:, None] - means, axis=2).argmin(axis=1)
    return found


def test_the_class_that_was_asked_for_is_drawn(digits: Examples) -> None:
    """By a game of the two smallest players, where chance is 10 %, and the nearest mean of real digits judges."""
    assert digits.labels is not None
    data, space = Examples(digits.values[:4000], digits.labels[:4000]), ImageSpace(1, 32, 32)
    labels = digits.labels[:4000]
    means = np.stack([data.values[labels == digit].reshape(-1, 1024).mean(axis=0) for digit in range(10)])
    assert (nearest(digits.values[4000:], means) == digits.labels[4000:]).mean() > 0.75
    params = parameters(
        model={"name": "mlp", "discriminator": "auto", "conditional": True, "latent": 64, "width": 32},
        objective={"loss": "rpgan", "penalty": "r1_r2", "penalty_weight": None, "d_steps": 1},
        train=TRAIN,
    )
    config = ModelConfig(name="mlp", examples=space.format, latent=64, width=32, classes=10)
    game = create_game(config, game_params(params), FP32, len(data))
    batches = Batches(data, space, BATCH, 0, FP32.torch, 10)
    for seen in range(0, params.train.images, BATCH):
        torch.manual_seed(seen)
        game.step(batches, seen)
        game.average.update(game.generator, BATCH, seen + BATCH)
    asked = torch.arange(SAMPLES) % 10
    z = torch.randn(SAMPLES, 64, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        drawn = space.from_players(game.average.module(z, asked))
    accuracy = (nearest(drawn, means) == asked.numpy()).mean()
    assert accuracy > 0.5, f"{accuracy:.0%}"
