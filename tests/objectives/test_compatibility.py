"""Senseless combinations are refused with the reason; all others work."""

import subprocess
import sys

import pytest
import torch
from torch import nn

from nashgan.models import DISCRIMINATORS
from nashgan.models.config import ModelConfig, build_discriminator
from nashgan.objectives import LOSSES, PENALTIES
from nashgan.objectives.compatibility import check_pair
from nashgan.spaces.image import ImageSpace

IMAGE = [name for name, entry in DISCRIMINATORS.items() if "image" in entry.layouts]


def modules(name: str) -> list[nn.Module]:
    config = ModelConfig(name=name, examples=ImageSpace(1, 32, 32).format, latent=4, width=2)
    return list(build_discriminator(config).modules())


@pytest.mark.parametrize("name", IMAGE)
def test_what_is_said_of_a_discriminator_is_true(name: str) -> None:
    said, norm = DISCRIMINATORS[name], nn.modules.batchnorm._BatchNorm
    assert said.mixes_examples == any(isinstance(module, norm) for module in modules(name))
    zero = [p for module in modules(name) for p in module.parameters(recurse=False) if p.ndim > 1 and not p.any()]
    assert said.starts_at_zero == bool(zero)


@pytest.mark.parametrize("name", LOSSES)
def test_what_is_said_of_a_loss_is_true(name: str) -> None:
    """Without a bound of the slope there is no lowest loss: logits further apart are always better."""
    far = torch.full((2,), 1e6)
    lowest = LOSSES[name].load().discriminator(far, -far).item()
    assert LOSSES[name].needs_bounded_slope == (lowest < -1e5)


@pytest.mark.parametrize(
    ("loss", "penalty", "discriminator", "why"),
    [
        ("wgan", "wgan_gp", "dcgan", "batch norm"),
        ("non_saturating", "dragan", "pool", "batch norm"),
        ("rpgan", "r1_r2", "dcgan", "batch norm"),
        ("hinge", "r1", "pool", "batch norm"),
        ("hinge", "r2", "dcgan", "batch norm"),
        ("non_saturating", "clip", "mlp", "'wgan'"),
        ("rpgan", "clip", "r3gan", "'wgan'"),
        ("wgan", "none", "conv", "no lower bound"),
        ("wgan", "spectral", "dcgan", "batch norm"),
        ("hinge", "spectral", "r3gan", "zero"),
    ],
)
def test_senseless(loss: str, penalty: str, discriminator: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        check_pair(loss, penalty, discriminator)
    assert "\n" not in str(caught.value)
    assert "choose" in str(caught.value)


@pytest.mark.parametrize(
    ("loss", "penalty", "discriminator"),
    [
        ("wgan", "clip", "dcgan"),  # as in its paper
        ("wgan", "wgan_gp", "conv"),
        ("wgan", "spectral", "lstm"),
        ("hinge", "spectral", "conv"),
        ("hinge", "spectral", "dcgan"),  # unusual
        ("lsgan", "wgan_gp", "gru"),  # unusual
        ("rpgan", "r1_r2", "r3gan"),
        ("rpgan", "none", "dcgan"),
    ],
)
def test_sensible(loss: str, penalty: str, discriminator: str) -> None:
    check_pair(loss, penalty, discriminator)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("discriminator", DISCRIMINATORS)
def test_every_loss_and_discriminator_has_a_partner(loss: str, discriminator: str) -> None:
    def allowed(penalty: str) -> bool:
        try:
            check_pair(loss, penalty, discriminator)
        except ValueError:
            return False
        return True

    assert any(allowed(penalty) for penalty in ["none", *PENALTIES])


def test_checking_needs_no_torch() -> None:
    program = "import sys, nashgan.models, nashgan.objectives.compatibility; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
