"""Devices are picked, never guessed."""

import pytest
import torch

from nashgan.runtime.device import pick_device
from nashgan.runtime.errors import UserError


def test_auto_is_always_something() -> None:
    device = pick_device()
    assert torch.ones(1, device=device.torch).item() == 1
    assert device.name


def test_precision_is_what_was_asked_for() -> None:
    for precision in ("fp32", "bf16"):
        device = pick_device("cpu", precision)
        assert device.precision == precision
        with device.autocast():
            product = torch.ones(2, 2) @ torch.ones(2, 2)
        assert product.dtype == (torch.bfloat16 if precision == "bf16" else torch.float32)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(UserError, match=r"train\.device: cuda is not available here \(there is: .*cpu\); use auto"):
        pick_device("cuda")
