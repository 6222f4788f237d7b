"""Senseless combinations are refused with the reason; all others work."""

import subprocess
import sys

import pytest
from torch import nn

from nashgan.models import DISCRIMINATORS
from nashgan.models.bundle import ModelConfig, build_discriminator
from nashgan.objectives import LOSSES, PENALTIES
from nashgan.objectives.compatibility import BATCH_NORM, GRADIENT_PENALTIES, ZERO_START, check_pair
from nashgan.spaces.image import ImageShape


def modules(name: str) -> list[nn.Module]:
    config = ModelConfig(name=name, image=ImageShape(channels=1, size=32), latent=4, width=2)
    return list(build_discriminator(config).modules())


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_tables_tell_the_truth(name: str) -> None:
    assert (name in BATCH_NORM) == any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in modules(name))
    zero = [p for module in modules(name) for p in module.parameters(recurse=False) if p.ndim > 1 and not p.any()]
    assert (name in ZERO_START) == bool(zero)


def test_names_are_registered() -> None:
    assert PENALTIES.keys() >= GRADIENT_PENALTIES
    assert DISCRIMINATORS.keys() >= BATCH_NORM | ZERO_START


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
