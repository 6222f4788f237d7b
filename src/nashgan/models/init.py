"""Initialisation of weights."""

from torch import nn

LAYERS = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)


def normal_init(module: nn.Module) -> None:
    """N(0, 0.02) weights and zero biases; batch-norm scales from N(1, 0.02) (DCGAN, section 4). For `Module.apply`."""
    if isinstance(module, LAYERS):
        nn.init.normal_(module.weight, 0.0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)
