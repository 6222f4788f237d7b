"""Pyramids for images of any size, and the bits of the networks for 32 and 64 pixels, which must stay."""

import hashlib
import math
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from nashgan.features.classifier import Classifier
from nashgan.models import DISCRIMINATORS, MODELS
from nashgan.models.config import ModelConfig, build_discriminator, build_generator
from nashgan.models.pyramid import LARGEST, SMALLEST, pyramid
from nashgan.models.vae import Encoder
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace

SHAPES = [(16, 16), (28, 28), (24, 40), (17, 16), (45, 31), (96, 33), (64, 78)]  # height, width
CONVOLUTIONAL = ["dcgan", "r3gan"]

BITS = {  # first 16 digits of the sha256 of the initial weights, and a number of one forward pass
    ("generator", "mlp", 32): ("1ca0ac8c2e30852a", 9.03494e-05),
    ("generator", "dcgan", 32): ("92b44438fc8107c6", 5.2668e-07),
    ("generator", "dense", 32): ("96c1ed54f9652137", 240.032),
    ("generator", "r3gan", 32): ("39486a5721c9ba66", 483.32),
    ("generator", "vae", 32): ("92b44438fc8107c6", 5.2668e-07),
    ("generator", "gaussian", 32): ("c1758fa92baf5f88", 0),
    ("discriminator", "mlp", 32): ("4ad5753563508bd5", -0.0391128),
    ("discriminator", "dcgan", 32): ("4a2e2a6c7d955a37", -0.000221821),
    ("discriminator", "conv", 32): ("ad4efbb244be3244", 0.000118097),
    ("discriminator", "pool", 32): ("8e653a1930f7362b", 0.149602),
    ("discriminator", "lstm", 32): ("0c3cd88612f57716", 0.301188),
    ("discriminator", "gru", 32): ("76562d2e635f6b8f", -0.27775),
    ("discriminator", "dense", 32): ("2cca919b49edc442", -0.95878),
    ("discriminator", "r3gan", 32): ("82e35d55a69134d3", 0.583056),
    ("features", "encoder", 32): ("9bd75003fb50605d", 1.58521e-07),
    ("features", "classifier", 32): ("4da9bb3b08ae3d5f", 0.0229968),
    ("generator", "mlp", 64): ("1bed1f4bd3b3a7e4", 0.000157932),
    ("generator", "dcgan", 64): ("e80b58ddc3ba21bb", 1.04551e-08),
    ("generator", "dense", 64): ("e05b0558aa19b841", 943.424),
    ("generator", "r3gan", 64): ("deb92d8e6ff26517", 1362.88),
    ("generator", "vae", 64): ("e80b58ddc3ba21bb", 1.04551e-08),
    ("generator", "gaussian", 64): ("98288d294881a903", 0),
    ("discriminator", "mlp", 64): ("7249a2f8e7269eb9", -0.0304175),
    ("discriminator", "dcgan", 64): ("33ebac8deee994e3", 5.11398e-05),
    ("discriminator", "conv", 64): ("043390d15531a744", 6.24984e-05),
    ("discriminator", "pool", 64): ("024d791848da538e", 0.0571396),
    ("discriminator", "lstm", 64): ("9509b842584f0ecd", -0.0457195),
    ("discriminator", "gru", 64): ("2c5230038fdfee05", -0.363944),
    ("discriminator", "dense", 64): ("2826d93604276634", 0.34621),
    ("discriminator", "r3gan", 64): ("c30aca14ae271277", -0.239201),
    ("features", "encoder", 64): ("34333c370a077cf3", 4.40031e-08),
    ("features", "classifier", 64): ("4da9bb3b08ae3d5f", 0.022996),
}


def config(name: str, channels: int, height: int, width: int) -> ModelConfig:
    return ModelConfig(name=name, examples=ImageSpace(channels, height, width).format, latent=5, width=4)


def digest(module: nn.Module) -> str:
    """The first digits of the sha256 of names and values in the state dict."""
    sha256 = hashlib.sha256()
    for name, tensor in module.state_dict().items():
        sha256.update(name.encode())
        sha256.update(tensor.contiguous().numpy().tobytes())
    return sha256.hexdigest()[:16]


@torch.no_grad()
def bits(kind: str, name: str, size: int) -> tuple[str, float]:
    """What `BITS` holds, of a network for one channel."""
    built, image = config(name if kind != "features" else "mlp", 1, size, size), ImageSpace(1, size, size)
    x = torch.linspace(-1, 1, 2 * size * size).view(2, 1, size, size)
    z = torch.linspace(-1, 1, 10).view(2, 5)
    torch.manual_seed(0)
    if kind == "generator":
        module = build_generator(built).eval()
        return digest(module), float(module(z).double().square().sum())
    if kind == "discriminator":
        module = build_discriminator(built).eval()
        return digest(module), float(module(x).double().sum())
    if name == "encoder":
        module = Encoder(image, 5, 4).eval()
        return digest(module), float(module(x)[0].double().square().sum())
    module = Classifier(image, 10).eval()
    return digest(module), float(module(((x + 1) * 127.5).to(torch.uint8)).double().square().sum())


@pytest.mark.parametrize(("kind", "name", "size"), BITS)
def test_networks_for_32_and_64_pixels_are_what_they_were(kind: str, name: str, size: int) -> None:
    weights, number = bits(kind, name, size)
    expected, there = BITS[kind, name, size]
    assert weights == expected
    assert number == pytest.approx(there, rel=1e-4, abs=1e-12)


def test_the_base_has_about_four_pixels_and_the_canvas_covers_the_image() -> None:
    for height in range(SMALLEST, LARGEST + 1):
        for width in (height, SMALLEST, 100, LARGEST):
            maps = pyramid(ImageSpace(1, height, width), 2)
            halvings = len(maps.widths)
            assert 3 <= min(maps.base) <= 6
            left, right, top, bottom = maps.border
            assert (width + left + right, height + top + bottom) == tuple(side << halvings for side in maps.base[::-1])
            assert min(maps.border) >= 0 and max(maps.border) < 2**halvings
            assert 0 <= right - left <= 1 and 0 <= bottom - top <= 1
            assert list(maps.widths) == [2 * min(2**level, 16) for level in range(halvings)]


@pytest.mark.parametrize("size", [32, 64, 128])
def test_sizes_that_need_no_border_have_no_layer_for_it(size: int) -> None:
    maps = pyramid(ImageSpace(3, size, size), 8)
    assert maps.base == (4, 4) and maps.border == (0, 0, 0, 0) and maps.pad() == maps.crop() == []
    assert len(maps.widths) == math.log2(size / 4)


def test_a_crop_takes_away_what_a_pad_adds() -> None:
    maps = pyramid(ImageSpace(2, 45, 30), 4)
    image = torch.randn(1, 2, 45, 30)
    (pad,), (crop,) = maps.pad(), maps.crop()
    canvas = pad(image)
    assert canvas.shape == (1, 2, *(side << len(maps.widths) for side in maps.base))
    assert canvas.square().sum() == image.square().sum()
    assert torch.equal(crop(canvas), image)


@pytest.mark.parametrize(("height", "width"), SHAPES)
@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if "image" in model.layouts])
def test_generators_make_images_of_any_size(name: str, height: int, width: int) -> None:
    given = [torch.randn(2, 3, height, width)] if not MODELS[name].draws else []
    images: Tensor = build_generator(config(name, 3, height, width))(torch.randn(2, 5), *given)
    assert images.shape == (2, 3, height, width)


@pytest.mark.parametrize(("height", "width"), SHAPES)
@pytest.mark.parametrize("name", [name for name, one in DISCRIMINATORS.items() if "image" in one.layouts])
def test_discriminators_see_every_pixel_of_any_size(name: str, height: int, width: int) -> None:
    torch.manual_seed(0)
    discriminator = build_discriminator(config(name, 1, height, width)).eval()
    for parameter in discriminator.parameters():
        nn.init.normal_(parameter, 0.0, 0.3)
    images = torch.randn(2, 1, height, width, requires_grad=True)
    (slopes,) = torch.autograd.grad(discriminator(images).sum(), images)
    seen = slopes.abs().sum((0, 1)) > 0
    assert seen.all() if name != "pool" else seen.any(0).all() and seen.any(1).all()  # max pooling passes over some


@pytest.mark.parametrize(("height", "width"), [*SHAPES, (256, 16), (256, 256)])
def test_encoder_and_classifier_take_any_size(height: int, width: int) -> None:
    image = ImageSpace(4, height, width)
    mean, _ = Encoder(image, 5, 2)(torch.randn(2, 4, height, width))
    assert mean.shape == (2, 5)
    module = Classifier(image, 3).eval()
    assert module(torch.zeros(2, 4, height, width, dtype=torch.uint8)).shape == (2, 3)
    side = min(height, width)
    assert module(torch.zeros(2, 4, side, side, dtype=torch.uint8)).shape == (2, 3)  # as it is trained without labels


@pytest.mark.parametrize("registry", [MODELS, DISCRIMINATORS], ids=["models", "discriminators"])
def test_the_registry_knows_the_sides_that_each_network_is_made_for(registry: Mapping[str, Any]) -> None:
    for name, entry in registry.items():
        if "image" not in entry.layouts:
            continue
        image = ImageSpace(1, 8, 8)
        try:
            entry.load()(image, 4, 4) if registry is MODELS else entry.load()(image, 4)
        except UserError:
            assert entry.sides == (SMALLEST, LARGEST), name
        else:
            assert entry.sides is None, name
