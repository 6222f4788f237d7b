"""Copies are found, unseen images are not taken for copies, and a critic that has memorised is found."""

from pathlib import Path

import numpy as np
import pytest
from record_files import CPU
from scipy.stats import mannwhitneyu

from nashgan.features.discriminator import discriminator_logits
from nashgan.metrics.critic_gap import critic_gap
from nashgan.metrics.memorisation import memorisation, vector_memorisation
from nashgan.metrics.out_of_range import out_of_range_share
from nashgan.metrics.two_sample_test import share_below
from nashgan.models.config import ModelConfig, build_discriminator
from nashgan.records.examples import Examples
from nashgan.records.weights import save_config, save_weights
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace

GREY = ImageSpace(1, 32, 32)


def test_share_below_is_mann_and_whitneys() -> None:
    random = np.random.default_rng(0)
    x, y = random.integers(0, 9, 40).astype(float), random.integers(1, 10, 70).astype(float)  # with ties
    found = share_below(x, y)
    brute = ((x[:, None] < y).sum() + (x[:, None] == y).sum() / 2) / (40 * 70)
    assert found.share == pytest.approx(brute)
    assert found.share == pytest.approx(1 - mannwhitneyu(x, y).statistic / (40 * 70))
    assert found.p_value == pytest.approx(mannwhitneyu(x, y, alternative="less").pvalue, rel=1e-6)
    assert share_below(y, x).share == pytest.approx(1 - brute)


def test_share_below_at_its_ends() -> None:
    low, high = np.arange(20.0), np.arange(20.0) + 100
    assert share_below(low, high).share == 1 and share_below(low, high).p_value < 1e-6
    assert share_below(high, low).share == 0 and share_below(high, low).p_value > 0.999
    same = share_below(np.ones(9), np.ones(7))
    assert (same.share, same.p_value, same.interval) == (0.5, 1.0, (0.5, 0.5))


def test_share_below_of_equal_distributions_keeps_its_level() -> None:
    random = np.random.default_rng(0)
    found = [share_below(*random.standard_normal((2, 50))) for _ in range(400)]
    assert 0.02 < np.mean([one.p_value < 0.05 for one in found]) < 0.09
    assert 0.91 < np.mean([one.interval[0] <= 0.5 <= one.interval[1] for one in found]) < 0.98


def test_copies_are_found(digits: Examples) -> None:
    train, held_out, unseen = digits.values[:600], digits.values[600:900], digits.values[900:1000]
    honest = vector_memorisation(unseen, held_out, train, GREY.to_vectors)
    assert 0.4 < honest.value < 0.6 and honest.details["p_value"] > 0.01
    copied = vector_memorisation(np.concatenate([unseen[:60], train[5:45]]), held_out, train, GREY.to_vectors)
    assert copied.value > 0.6 and copied.details["p_value"] < 1e-4
    assert copied.details["closer_than_all_held_out"] == 40 + honest.details["closer_than_all_held_out"]
    assert all(pair["distance"] == 0 for pair in copied.details["pairs"])
    assert [pair["train"] for pair in copied.details["pairs"]] == [
        pair["sample"] - 55 for pair in copied.details["pairs"]
    ]


def test_noisy_copies_are_found(digits: Examples) -> None:
    train, held_out = digits.values[:600], digits.values[600:900]
    noise = np.random.default_rng(0).integers(-20, 21, (50, 1, 32, 32))
    near = (train[:50] + noise).clip(0, 255).astype(np.uint8)
    found = vector_memorisation(near, held_out, train, GREY.to_vectors)
    assert found.value > 0.9
    assert {pair["train"] - pair["sample"] for pair in found.details["pairs"]} == {0}


def test_order_does_not_matter() -> None:
    random = np.random.default_rng(0)
    samples, held_out, train = random.standard_normal((3, 40, 6))
    first, turned = memorisation(samples, held_out, train), memorisation(samples[::-1], held_out[::-1], train[::-1])
    assert turned.value == pytest.approx(first.value, abs=1e-12)
    assert turned.details["pairs"][0]["sample"] == 39 - first.details["pairs"][0]["sample"]


def test_too_few_or_broken_sets_are_refused() -> None:
    some = np.random.default_rng(0).standard_normal((5, 3))
    with pytest.raises(UserError, match="at least two a set, got 5, 1"):
        memorisation(some, some[:1], some)
    with pytest.raises(UserError, match="no training images"):
        memorisation(some, some, some[:0])
    with pytest.raises(UserError, match="NaN or infinite"):
        share_below(some[0], np.array([np.nan, 1.0]))


def save_discriminator(folder: Path, classes: int) -> ModelConfig:
    config = ModelConfig(name="mlp", examples=ImageSpace(1, 8, 8).format, latent=4, width=4, classes=classes)
    save_weights(folder / "weights.safetensors", build_discriminator(config))
    save_config(folder, config)
    return config


@pytest.mark.parametrize("classes", [0, 3])
def test_logits_do_not_depend_on_neighbours(tmp_path: Path, classes: int) -> None:
    save_discriminator(tmp_path, classes)
    random = np.random.default_rng(0)
    data = Examples(random.integers(0, 256, (130, 1, 8, 8), dtype=np.uint8), np.arange(130) % 3)
    logits = discriminator_logits(tmp_path, data, CPU)
    assert logits is not None and logits.shape == (130,)
    assert data.labels is not None
    turned = discriminator_logits(tmp_path, Examples(data.values[::-1].copy(), data.labels[::-1].copy()), CPU)
    assert turned is not None
    np.testing.assert_allclose(turned, logits[::-1], atol=1e-6)


def test_what_is_no_discriminator_has_no_logits(tmp_path: Path) -> None:
    save_config(tmp_path, save_discriminator(tmp_path, 0).model_copy(update={"name": "vae"}))
    assert discriminator_logits(tmp_path, Examples(np.zeros((2, 1, 8, 8), np.uint8)), CPU) is None


def test_critic_that_knows_its_images() -> None:
    random = np.random.default_rng(0)
    knows = critic_gap(random.standard_normal(200) + 1, random.standard_normal(150))
    assert knows.value == pytest.approx(0.76, abs=0.05) and knows.details["p_value"] < 1e-6  # Φ(1 / √2)
    assert critic_gap(random.standard_normal(200), random.standard_normal(150)).details["p_value"] > 0.01


def test_out_of_range_share() -> None:
    images = np.array([[-1.5, -1.0, 0.0, 1.0, 1.001, 2.0], [0.0] * 6], np.float32).reshape(2, 1, 2, 3)
    found = out_of_range_share(images)
    assert found.value == pytest.approx(1 / 6)
    assert found.interval == pytest.approx((0, 1 / 6 + 1.96 * np.std([1 / 3, 0], ddof=1) / np.sqrt(2)), rel=1e-4)
    assert out_of_range_share(images[::-1]).value == pytest.approx(found.value)
    assert out_of_range_share(images * 0).value == 0
    with pytest.raises(UserError, match="at least two, got 0"):
        out_of_range_share(images[:0])
    with pytest.raises(UserError, match="at least two, got 1"):
        out_of_range_share(images[:1])
    with pytest.raises(UserError, match="NaN"):
        out_of_range_share(images * np.nan)


def test_places_name_training_images_of_a_part(digits: Examples) -> None:
    train = digits.values[:100].reshape(100, -1).astype(np.float64)
    places = np.arange(40, 60)
    found = memorisation(train[[45, 52]], train[:20] + 1, train[places], places)
    assert {(pair["sample"], pair["train"]) for pair in found.details["pairs"]} == {(0, 45), (1, 52)}
