"""The players of R3GAN's authors: as many weights as theirs, their resampling, float32 where they have it.

The functions themselves were compared with the authors' program, weight for weight, at 32, 64 and 128 pixels and with
classes: the largest difference was 2e-6 of the largest output.
"""

import pytest
import torch
from torch.nn.functional import interpolate

from nashgan.models.config import ModelConfig, build_discriminator, build_generator
from nashgan.models.r3gan import Block
from nashgan.models.r3gan_paper import Bilinear, width_advice, widths
from nashgan.spaces.image import ImageSpace


def config(size: int, width: int, classes: int = 0) -> ModelConfig:
    examples = ImageSpace(3, size, size).format
    return ModelConfig(name="r3gan_paper", examples=examples, latent=64, width=width, classes=classes)


@pytest.mark.parametrize(
    ("size", "width", "classes", "stages", "generator", "discriminator"),
    [  # counted in the authors' networks with the presets CIFAR10, FFHQ-64 and FFHQ-256 of their train.py
        (32, 768, 0, [768] * 4, 20_732_160, 20_683_776),
        (32, 768, 10, [768] * 4, 20_781_952, 21_280_512),
        (64, 384, 0, [384, *[768] * 4], 22_429_824, 22_381_440),
        (256, 96, 0, [96, 192, 384, *[768] * 4], 23_057_952, 23_009_568),
    ],
)
def test_weights_of_the_presets(
    size: int, width: int, classes: int, stages: list[int], generator: int, discriminator: int
) -> None:
    built = config(size, width, classes)
    with torch.device("meta"):
        players = build_generator(built), build_discriminator(built)
    assert widths(ImageSpace(3, size, size), width) == stages
    counted = [sum(weight.numel() for weight in player.parameters()) for player in players]
    assert counted == [generator, discriminator]
    assert sum(isinstance(module, Block) for module in players[0].modules()) == 2 * len(stages)


def test_resampling_is_bilinear_inside_of_the_border() -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 3, 8, 8)
    up, inside = Bilinear(up=True)(x), (..., slice(1, -1), slice(1, -1))
    torch.testing.assert_close(up[inside], interpolate(x, scale_factor=2, mode="bilinear")[inside])
    y = torch.randn(2, 3, 8, 8, requires_grad=True)
    (transposed,) = torch.autograd.grad(Bilinear(up=False)(y).sum(), y)
    torch.testing.assert_close(transposed, Bilinear(up=True)(torch.ones(2, 3, 4, 4)) / 4)


def test_the_lowest_stage_and_the_head_are_in_float32() -> None:
    built = config(32, 8)
    g, d = build_generator(built), build_discriminator(built)
    seen = {}
    for name, module in [*g.layers.named_children(), *d.layers.named_children()]:  # type: ignore[union-attr]
        owner = "g" if module in list(g.layers) else "d"  # type: ignore[arg-type]
        module.register_forward_hook(lambda _, __, out, key=(owner, int(name)): seen.update({key: out.dtype}))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        d(g(torch.randn(2, 64)))
    of_g = [dtype for (owner, _), dtype in sorted(seen.items()) if owner == "g"]
    of_d = [dtype for (owner, _), dtype in sorted(seen.items()) if owner == "d"]
    assert of_g[0] == torch.float32 and set(of_g[1:]) >= {torch.bfloat16}
    assert of_d[-2:] == [torch.float32] * 2 and of_d[0] == torch.bfloat16


def test_a_width_without_groups_is_advised_against() -> None:
    image = ImageSpace(3, 32, 32)
    assert width_advice(image, 16) is None and width_advice(image, 8) is None
    assert "choose 16 or 24" in str(width_advice(image, 20))
