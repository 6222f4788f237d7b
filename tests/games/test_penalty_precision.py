"""One rule of precision for every penalty: D judges its points as the training judges images, the rest is float32."""

import pytest
import torch
from tiny_training import PICTURES, game_params, parameters
from torch import Tensor

from nashgan.games.adversarial import AdversarialGame
from nashgan.models.config import ModelConfig
from nashgan.objectives import PENALTIES
from nashgan.runtime.device import Device
from nashgan.spaces.image import ImageSpace


@pytest.mark.parametrize("bf16", [True, False])
@pytest.mark.parametrize("penalty", [name for name, entry in PENALTIES.items() if entry.of_each_example])
def test_points_are_judged_in_the_precision_of_the_training(penalty: str, bf16: bool) -> None:
    params = parameters(model={"name": "mlp"}, objective={"loss": "rpgan", "penalty": penalty})
    config = ModelConfig(name="mlp", examples=ImageSpace(1, 8, 8).format, latent=2, width=2)
    game = AdversarialGame.create(config, game_params(params), Device(torch.device("cpu"), bf16), len(PICTURES))
    seen: list[torch.dtype] = []
    game.discriminator.register_forward_hook(lambda module, given, logits: seen.append(logits.dtype))
    *_, cost, norm = game.discriminator_step(torch.randn(4, 1, 8, 8), weight=1.0)
    assert set(seen) == {torch.bfloat16 if bf16 else torch.float32}
    assert cost.dtype == norm.dtype == torch.float32 and bool(cost.isfinite() & norm.isfinite())


def test_r1_in_bfloat16_is_near_r1_in_float32() -> None:
    costs: list[Tensor] = []
    for bf16 in (True, False):
        params = parameters(model={"name": "mlp"}, objective={"penalty": "r1"})
        config = ModelConfig(name="mlp", examples=ImageSpace(1, 8, 8).format, latent=2, width=2)
        game = AdversarialGame.create(config, game_params(params), Device(torch.device("cpu"), bf16), len(PICTURES))
        costs.append(game.discriminator_step(torch.randn(4, 1, 8, 8, generator=torch.Generator().manual_seed(0)))[-2])
    assert costs[0].item() == pytest.approx(costs[1].item(), rel=0.05)
