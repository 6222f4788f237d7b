"""Copies are found, unseen images are not accused, and the critic's memory is seen."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from nashgan.metrics.critic import critic_gap, critic_logits
from nashgan.metrics.memorisation import memorisation, pixel_memorisation, pixels
from nashgan.metrics.out_of_range import out_of_range_share
from nashgan.metrics.two_sample_test import share_below
from nashgan.models.bundle import ModelConfig, build_discriminator
from nashgan.records.arrays import Images
from nashgan.records.weights import save_config, save_weights
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageShape


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


def test_copies_are_found(digits: Images) -> None:
    train, held_out, unseen = digits.images[:600], digits.images[600:900], digits.images[900:1000]
    honest = pixel_memorisation(unseen, held_out, train)
    assert 0.4 < honest.value < 0.6 and honest.details["p_value"] > 0.01
    copied = pixel_memorisation(np.concatenate([unseen[:60], train[5:45]]), held_out, train)
    assert copied.value > 0.6 and copied.details["p_value"] < 1e-4
    assert copied.details["closer_than_all_held_out"] == 40 + honest.details["closer_than_all_held_out"]
    assert all(pair["distance"] == 0 for pair in copied.details["pairs"])
    assert [pair["train"] for pair in copied.details["pairs"]] == [
        pair["sample"] - 55 for pair in copied.details["pairs"]
    ]


def test_noisy_copies_are_found(digits: Images) -> None:
    train, held_out = digits.images[:600], digits.images[600:900]
    noise = np.random.default_rng(0).integers(-20, 21, (50, 1, 32, 32))
    near = (train[:50] + noise).clip(0, 255).astype(np.uint8)
    found = pixel_memorisation(near, held_out, train)
    assert found.value > 0.9
    assert {pair["train"] - pair["sample"] for pair in found.details["pairs"]} == {0}


def test_order_does_not_matter() -> None:
    random = np.random.default_rng(0)
    samples, held_out, train = random.standard_normal((3, 40, 6))
    first, turned = memorisation(samples, held_out, train), memorisation(samples[::-1], held_out[::-1], train[::-1])
    assert turned.value == pytest.approx(first.value, abs=1e-12)
    assert turned.details["pairs"][0]["sample"] == 39 - first.details["pairs"][0]["sample"]


def test_pixels_are_root_mean_squares(digits: Images) -> None:
    black, white = np.zeros((2, 1, 3, 40, 40), np.uint8) + np.array([0, 255], np.uint8)[:, None, None, None, None]
    for size in (8, 32, 40):
        difference = pixels(white[..., :size, :size]) - pixels(black[..., :size, :size])
        assert np.linalg.norm(difference) == pytest.approx(1)
    halved = pixels(digits.images[:2].repeat(2, axis=2).repeat(2, axis=3))
    np.testing.assert_allclose(halved, pixels(digits.images[:2]), rtol=1e-6)
    assert pixels(np.zeros((0, 1, 8, 8), np.uint8)).shape == (0, 64)


def test_too_few_or_broken_sets_are_refused() -> None:
    some = np.random.default_rng(0).standard_normal((5, 3))
    with pytest.raises(UserError, match="at least two a set, got 5, 1"):
        memorisation(some, some[:1], some)
    with pytest.raises(UserError, match="no training images"):
        memorisation(some, some, some[:0])
    with pytest.raises(UserError, match="NaN or infinite"):
        share_below(some[0], np.array([np.nan, 1.0]))


def save_discriminator(folder: Path, classes: int) -> ModelConfig:
    config = ModelConfig(name="mlp", image=ImageShape(channels=1, size=8), latent=4, width=4, classes=classes)
    save_weights(folder / "weights.safetensors", build_discriminator(config))
    save_config(folder, config)
    return config


@pytest.mark.parametrize("classes", [0, 3])
def test_critic_logits_do_not_depend_on_neighbours(tmp_path: Path, classes: int) -> None:
    save_discriminator(tmp_path, classes)
    random = np.random.default_rng(0)
    data = Images(random.integers(0, 256, (130, 1, 8, 8), dtype=np.uint8), np.arange(130) % 3)
    logits = critic_logits(tmp_path, data)
    assert logits is not None and logits.shape == (130,)
    assert data.labels is not None
    turned = critic_logits(tmp_path, Images(data.images[::-1].copy(), data.labels[::-1].copy()))
    assert turned is not None
    np.testing.assert_allclose(turned, logits[::-1], atol=1e-6)


def test_what_is_no_discriminator_has_no_logits(tmp_path: Path) -> None:
    save_config(tmp_path, save_discriminator(tmp_path, 0).model_copy(update={"name": "vae"}))
    assert critic_logits(tmp_path, Images(np.zeros((2, 1, 8, 8), np.uint8))) is None


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


def test_places_name_training_images_of_a_part(digits: Images) -> None:
    train = digits.images[:100].reshape(100, -1).astype(np.float64)
    places = np.arange(40, 60)
    found = memorisation(train[[45, 52]], train[:20] + 1, train[places], places)
    assert {(pair["sample"], pair["train"]) for pair in found.details["pairs"]} == {(0, 45), (1, 52)}
