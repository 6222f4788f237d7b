"""A width that does not suit a model is reported before a training."""

from pathlib import Path

import pytest
from torch import nn
from workspaces import ready_to_train

from nashgan.models import MODELS
from nashgan.models.config import ModelConfig, build_discriminator, build_generator, width_advice
from nashgan.models.r3gan import GROUP
from nashgan.params import load_params
from nashgan.spaces.image import ImageSpace
from nashgan.stages import train

IMAGE = ImageSpace(1, 32, 32)


def r3gan(width: int) -> ModelConfig:
    return ModelConfig(name="r3gan", examples=IMAGE.format, latent=4, width=width)


def test_the_advice_names_what_is_not_grouped_and_the_nearest_widths() -> None:
    assert width_advice(r3gan(56), "r3gan") == (
        "56 is not a multiple of 16, so r3gan's 3×3 convolutions on 56 features are not grouped and take 3.5 "
        "times the multiplications; choose 48 or 64"
    )
    assert "on 12 features" not in str(width_advice(r3gan(12), "r3gan"))  # fewer than a group
    assert str(width_advice(r3gan(12), "r3gan")).endswith("choose 16")
    assert "on 36 and on 72 features are not grouped and take 4.5 times" in str(width_advice(r3gan(36), "r3gan"))


@pytest.mark.parametrize("width", [1, 2, 4, 8, 12, 16, 20, 24, 40, 48, 50, 56, 64])
def test_the_advice_is_about_what_is_built(width: int) -> None:
    dense = [
        layer.in_channels
        for player in (build_generator(r3gan(width)), build_discriminator(r3gan(width)))
        for layer in player.modules()
        if isinstance(layer, nn.Conv2d) and layer.kernel_size == (3, 3) and layer.groups == 1
    ]
    features = sorted({count for count in dense if count > GROUP})
    advice = width_advice(r3gan(width), "r3gan")
    assert (advice is None) == (not features)
    assert advice is None or f"on {' and on '.join(map(str, features))} features" in advice


def test_others_take_any_width_but_an_r3gan_discriminator_beside_them_does_not() -> None:
    for name in ("mlp", "dcgan", "vae", "gaussian"):
        assert width_advice(r3gan(56).model_copy(update={"name": name}), MODELS[name].discriminator) is None
    assert width_advice(r3gan(56).model_copy(update={"name": "dcgan"}), "r3gan") is not None


@pytest.mark.parametrize(("width", "lines"), [(16, 0), (24, 1)])
def test_a_training_says_so_once(tmp_path: Path, capsys: pytest.CaptureFixture[str], width: int, lines: int) -> None:
    paths = ready_to_train(tmp_path, model={"width": width}, train={"images": 16, "evaluate_every": 0})
    train.run(paths, load_params(paths.params))
    told = [line for line in capsys.readouterr().err.splitlines() if "model.width" in line]
    assert len(told) == lines
    assert all(line.startswith("warning: params.yaml: model.width: 24 is not a multiple of 16, so ") for line in told)
