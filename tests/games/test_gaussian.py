"""The fit is that of the closed form, and it is complete after one step."""

from pathlib import Path

import numpy as np
import pytest
import torch
from record_files import CPU
from tiny_training import FP32, PICTURES, game_params, parameters
from workspaces import ready_to_train

import nashgan.games.gaussian as game_module
from nashgan.games import create_game
from nashgan.games.batches import Batches
from nashgan.games.gaussian import chunks, fit, leading_eigenpairs
from nashgan.models.config import ModelConfig, build_generator
from nashgan.models.gaussian import Generator, overshoot
from nashgan.models.generator import load_generator
from nashgan.params import load_params
from nashgan.records.examples import Examples
from nashgan.records.history import read_history
from nashgan.records.train_run import read_train_run
from nashgan.spaces.image import ImageSpace
from nashgan.stages import train as stage


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def generator(latent: int, size: int = 4) -> Generator:
    built = build_generator(
        ModelConfig(name="gaussian", examples=ImageSpace(1, size, size).format, latent=latent, width=1)
    )
    assert isinstance(built, Generator)
    return built


def batches(images: np.ndarray) -> Batches:
    return Batches(Examples(images), ImageSpace(*images.shape[1:]), len(images), 0, CPU)


def test_the_fit_recovers_a_known_gaussian() -> None:
    n = 100_000
    factor, mean = torch.randn(3, 16, generator=rng(1)), torch.randn(16, generator=rng(2))
    x = mean + torch.randn(n, 3, generator=rng(3)) @ factor
    g = generator(latent=3)
    assert fit(g, lambda: iter(x.chunk(10)), rng()) == pytest.approx(1, abs=1e-5)
    covariance = factor.T @ factor
    error = (covariance.diagonal() / n).sqrt()
    assert ((g.mean - mean).abs() < 5 * error).all()
    spread = (covariance.diagonal()[:, None] * covariance.diagonal() + covariance.square()) / n
    assert ((g.factor.T @ g.factor - covariance).abs() < 5 * spread.sqrt() + 1e-4).all()


@pytest.mark.parametrize("latent", [1, 5, 16, 20])
def test_the_covariance_is_the_best_of_its_rank(latent: int) -> None:
    """Against numpy's eigenvectors, and the images' mean and variance (Eckart and Young)."""
    images = np.random.default_rng(0).integers(0, 256, (200, 1, 4, 4), dtype=np.uint8)
    images[:, :, :2] //= 4  # directions of unequal variance
    x = images.reshape(200, 16) / 127.5 - 1
    values, vectors = np.linalg.eigh(np.cov(x.T, bias=True))
    kept = slice(-min(latent, 16), None)
    expected = (vectors[:, kept] * values[kept]) @ vectors[:, kept].T
    g = generator(latent)
    explained = fit(g, lambda: chunks(batches(images), CPU), rng())
    assert explained == pytest.approx(values[kept].sum() / values.sum(), rel=1e-3)
    np.testing.assert_allclose(g.mean, x.mean(0), atol=1e-6)
    np.testing.assert_allclose(g.factor.T @ g.factor, expected, atol=0.02 * values[-1])


def test_the_limit_is_the_overshoot_of_real_images() -> None:
    images = np.where(PICTURES < 128, 0, 255).astype(np.uint8)
    g = generator(latent=20, size=32)
    fit(g, lambda: chunks(batches(images), CPU), rng())
    x = next(chunks(batches(images), CPU)) - g.mean
    directions = g.factor / g.factor.norm(dim=1, keepdim=True)
    real = overshoot(g.mean + x @ directions.T @ directions)
    assert ((real <= g.limit).float().mean() - 0.95).abs() <= 1 / len(real)


def test_pieces_are_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, parts = generator(3, size=32), generator(3, size=32)
    fit(whole, lambda: chunks(batches(PICTURES), CPU), rng())
    monkeypatch.setattr(game_module, "CHUNK", 7)
    fit(parts, lambda: chunks(batches(PICTURES), CPU), rng())
    torch.testing.assert_close(whole.factor.T @ whole.factor, parts.factor.T @ parts.factor, atol=1e-3, rtol=1e-3)


def test_equal_images_have_no_variance() -> None:
    g = generator(3)
    assert fit(g, lambda: chunks(batches(np.full((5, 1, 4, 4), 200, np.uint8)), CPU), rng()) == 1
    assert g.factor.abs().max() < 1e-6
    assert torch.allclose(g(torch.randn(2, 3)), torch.tensor(200 / 127.5 - 1))


def test_leading_eigenpairs_of_a_known_matrix() -> None:
    basis = torch.linalg.qr(torch.randn(200, 200, generator=rng(1))).Q
    spectrum = 0.95 ** torch.arange(200.0)
    matrix = basis * spectrum @ basis.T
    values, vectors = leading_eigenpairs(lambda x: matrix @ x, 200, 5, CPU, rng())
    torch.testing.assert_close(values, spectrum[:5], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close((vectors.T @ basis[:, :5]).abs(), torch.eye(5), atol=1e-2, rtol=0)


@pytest.mark.parametrize("images", [8, 96])
def test_one_step_sees_the_whole_split_whatever_the_budget(tmp_path: Path, images: int) -> None:
    paths = ready_to_train(tmp_path, model={"name": "gaussian"}, train={"images": images, "evaluate_every": 0})
    stage.run(paths, load_params(paths.params))
    (row,) = read_history(paths.history)
    assert row["images"] == 50
    assert sorted(path.name for path in paths.timeline.iterdir()) == ["000000000.png", "000000050.png"]
    assert not read_train_run(paths.train_run).events
    assert set(row) == {"images", "explained", "met_before", "met", "acceptance", "img_s", "memory_mb"}
    assert 0 < row["explained"] < 1 and 0 <= row["met_before"] <= row["met"] == 1
    fitted, average = (load_generator(paths.generator, weights).module.state_dict() for weights in ("raw", "weights"))
    assert all(torch.equal(fitted[name], average[name]) for name in fitted)


def test_only_a_fit_is_complete_after_one_step() -> None:
    for name, in_one_step in (("gaussian", True), ("dcgan", False), ("vae", False)):
        config = ModelConfig(name=name, examples=ImageSpace(1, 32, 32).format, latent=4, width=2)
        game = create_game(config, game_params(parameters(model={"name": name})), FP32, 40)
        assert game.in_one_step == in_one_step
        assert game.step_images == (40 if in_one_step else 8)
