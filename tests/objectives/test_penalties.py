"""Penalties where they are known in closed form, and their gradients in D's weights."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from nashgan.models.config import ModelConfig, build_discriminator
from nashgan.objectives import PENALTIES
from nashgan.objectives.penalties import (
    CLIP,
    DRAGAN,
    R1,
    R1_R2,
    R2,
    SPECTRAL,
    WGAN_GP,
    GradientPenalty,
    Reparametrisation,
    WeightConstraint,
    around_real,
    between,
    penalised,
)
from nashgan.spaces.image import ImageSpace

SHAPE = (6, 2, 4, 4)
GRADIENT = [PENALTIES[name].load() for name in sorted(PENALTIES) if PENALTIES[name].of_each_example]


def batch(seed: int, shape: tuple[int, ...] = SHAPE) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def linear(images: Tensor) -> Tensor:
    """a·x with |a| = 3: its gradient is `a` everywhere."""
    a = batch(2, SHAPE[1:])
    logits: Tensor = (images * (3 * a / a.norm())).sum((1, 2, 3))
    return logits


def half_square_norm(images: Tensor) -> Tensor:
    """½|x|²: its gradient is x."""
    return images.square().sum((1, 2, 3)) / 2


def square_norms(images: Tensor) -> Tensor:
    squares: Tensor = images.square().sum((1, 2, 3))
    return squares


def test_kinds() -> None:
    kinds = {name: type(penalty.load()) for name, penalty in PENALTIES.items()}
    for name, said in PENALTIES.items():
        assert said.of_each_example == (kinds[name] is GradientPenalty)
        assert said.clips_weights == (kinds[name] is WeightConstraint)
        assert said.divides_weights == (kinds[name] is Reparametrisation)
    assert kinds["clip"] is WeightConstraint
    assert kinds["spectral"] is Reparametrisation


@pytest.mark.parametrize(("penalty", "expected"), [(WGAN_GP, 4.0), (DRAGAN, 4.0), (R1, 4.5), (R2, 4.5), (R1_R2, 9.0)])
def test_of_a_linear_discriminator(penalty: GradientPenalty, expected: float) -> None:
    """(3 - 1)² for the norms, and 3²/2 for each half square: the weight of R1 and R2 is γ, not γ/2."""
    assert penalty(linear, batch(0), batch(1)).item() == pytest.approx(expected, rel=1e-12)


def test_of_a_quadratic_discriminator() -> None:
    real, fake = batch(0), batch(1)
    at_real, at_fake = square_norms(real).mean() / 2, square_norms(fake).mean() / 2
    assert R1(half_square_norm, real, fake).item() == pytest.approx(at_real.item(), rel=1e-12)
    assert R2(half_square_norm, real, fake).item() == pytest.approx(at_fake.item(), rel=1e-12)
    assert R1_R2(half_square_norm, real, fake).item() == pytest.approx((at_real + at_fake).item(), rel=1e-12)
    for penalty, points in ((WGAN_GP, between), (DRAGAN, around_real)):
        torch.manual_seed(3)
        norms = square_norms(points(real, fake)).sqrt()
        torch.manual_seed(3)
        expected = (norms - 1).square().mean()
        assert penalty(half_square_norm, real, fake).item() == pytest.approx(expected.item(), rel=1e-12)


def test_points_between() -> None:
    real, fake = torch.zeros(500, 1, 2, 2), torch.ones(500, 1, 2, 2)
    points = between(real, fake)
    shares = points[:, 0, 0, 0]
    assert torch.equal(points, shares[:, None, None, None].expand_as(points))  # one share an image
    assert shares.min() >= 0 and shares.max() < 1
    assert shares.mean().item() == pytest.approx(0.5, abs=0.06)


def test_points_around_real_images() -> None:
    real = torch.randn(500, 1, 4, 4)
    noise = around_real(real, real) - real
    bound = 0.5 * real.std().item()
    assert noise.min() >= 0
    assert noise.max().item() <= bound
    assert noise.mean().item() == pytest.approx(bound / 4, rel=0.1)  # the mean of a product of two uniform numbers


@pytest.mark.parametrize("penalty", GRADIENT)
def test_finite_where_the_gradient_vanishes(penalty: GradientPenalty) -> None:
    weight = torch.zeros((), requires_grad=True)
    value = penalty(lambda images: weight * images.sum((1, 2, 3)), batch(0).float(), batch(1).float())
    value.backward()  # type: ignore[no-untyped-call]
    assert weight.grad is not None and torch.isfinite(weight.grad)


@pytest.mark.parametrize("penalty", GRADIENT)
@pytest.mark.parametrize("name", ["mlp", "conv", "lstm", "gru", "r3gan"])
def test_gradient_in_the_weights_against_finite_differences(penalty: GradientPenalty, name: str) -> None:
    """Double backward through every discriminator without batch norm, along a random direction in weight space."""
    torch.manual_seed(0)
    config = ModelConfig(name=name, examples=ImageSpace(1, 32, 32).format, latent=1, width=2)
    discriminator = build_discriminator(config).double()
    for parameter in discriminator.parameters():
        nn.init.normal_(parameter, 0.0, 0.2)  # away from the zeros that some layers start with
    real, fake = batch(0, (3, 1, 32, 32)), batch(1, (3, 1, 32, 32))
    weights: list[Tensor] = list(discriminator.parameters())
    direction = [torch.randn_like(weight) for weight in weights]

    def value() -> Tensor:
        torch.manual_seed(1)  # the same points every time
        return penalty(discriminator, real, fake)

    def moved(step: float) -> float:
        with torch.no_grad():
            torch._foreach_add_(weights, direction, alpha=step)
            with torch.enable_grad():
                there = value().item()
            torch._foreach_add_(weights, direction, alpha=-step)
        return there

    gradients = torch.autograd.grad(value(), weights, materialize_grads=True)
    slope = sum((g * d).sum().item() for g, d in zip(gradients, direction, strict=True))
    step = 1e-7
    assert slope == pytest.approx((moved(step) - moved(-step)) / (2 * step), rel=1e-4, abs=1e-9)


def test_float32_inside_autocast() -> None:
    layer = nn.Linear(32, 1)
    seen: list[torch.dtype] = []

    def discriminator(images: Tensor) -> Tensor:
        logits: Tensor = layer(images.flatten(1)).flatten()
        seen.append(logits.dtype)
        return logits

    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = R1_R2(discriminator, batch(0).float(), batch(1).bfloat16())
    assert seen == [torch.float32]
    assert value.dtype == torch.float32


@pytest.mark.parametrize("share", [1.0, 0.5, 0.1])
@pytest.mark.parametrize(
    ("penalty", "others"),
    [(WGAN_GP, True), (DRAGAN, True), (R1, False), (R2, False), (R1_R2, False)],
    ids=["wgan_gp", "dragan", "r1", "r2", "r1_r2"],
)
def test_no_image_is_judged_twice(penalty: GradientPenalty, others: bool, share: float) -> None:
    """Six real and six fake images, and some more only where the points are `others`.

    The logits are in the order of the batch, each image is judged with its own row, and the cost is that of the pairs
    at which it is taken.
    """
    real, fake, seen = batch(0), batch(1), 0
    rows = penalised(6, share)

    def judge(images: Tensor, places: Tensor) -> Tensor:
        nonlocal seen
        seen += len(images)
        return half_square_norm(images) + 100 * places

    torch.manual_seed(0)
    on_real, on_fake, cost = penalty.with_logits(judge, real, fake, share=share)
    torch.manual_seed(0)
    drawn = penalty.drawn(real, fake)
    torch.manual_seed(0)
    if drawn is None:
        assert cost == penalty(half_square_norm, real[rows], fake[rows])
    else:
        assert cost == penalty.cost(drawn[rows])  # the gradient of ½|x|² is x
    assert torch.equal(on_real, half_square_norm(real) + 100 * torch.arange(6))
    assert torch.equal(on_fake, half_square_norm(fake) + 100 * torch.arange(6))
    assert seen == 12 + (len(rows) if others else 0)


def test_rows_of_a_share() -> None:
    assert penalised(8, 1.0) == list(range(8))
    assert penalised(8, 0.25) == [3, 7]
    assert penalised(10, 0.3) == [3, 6, 9]
    assert penalised(3, 0.01) == [2]  # at least one
    parts = [16 * part + row for part in range(4) for row in penalised(16, 0.25)]
    assert penalised(64, 0.25) == parts


def test_clipping() -> None:
    layer = nn.Linear(50, 50)
    before = layer.weight.detach().clone()
    CLIP.apply(layer, 0.05)
    assert torch.equal(layer.weight, before.clamp(-0.05, 0.05))
    assert layer.bias.abs().max() <= 0.05


def spectral_norms(module: nn.Module) -> list[float]:
    return [
        torch.linalg.matrix_norm(weight.flatten(1), 2).item()
        for layer in module.modules()
        for name in ("weight", "weight_ih", "weight_hh")
        if isinstance(weight := getattr(layer, name, None), Tensor) and weight.ndim > 1
    ]


@pytest.mark.parametrize(("name", "layers"), [("mlp", 2), ("conv", 4), ("dcgan", 4), ("pool", 4), ("lstm", 3)])
def test_spectral_norm_is_one_in_every_layer(name: str, layers: int) -> None:
    torch.manual_seed(0)
    discriminator = build_discriminator(
        ModelConfig(name=name, examples=ImageSpace(1, 32, 32).format, latent=1, width=4)
    )
    SPECTRAL.apply(discriminator)
    for _ in range(30):  # each pass goes one power iteration further
        discriminator(torch.randn(2, 1, 32, 32))
    discriminator.eval()
    norms = spectral_norms(discriminator)
    assert len(norms) == layers
    assert norms == pytest.approx([1.0] * layers, abs=0.03)


def test_spectral_norm_learns() -> None:
    layer: Any = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 1))
    SPECTRAL.apply(layer)
    layer(torch.randn(2, 4)).sum().backward()
    assert all(parameter.grad is not None for parameter in layer.parameters())
    assert math.isfinite(sum(parameter.grad.norm().item() for parameter in layer.parameters()))
