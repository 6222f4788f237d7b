"""The training loop of introductions, to compare speeds with: float32, torch's default layout, a DataLoader, `.item()`.

Nothing here is used by the pipeline. Players are those of `nashgan.models`; layers with a faster form of ours have
torch's again.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.autograd import backward
from torch.nn.functional import binary_cross_entropy_with_logits, softplus
from torch.optim import Adam
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import Compose, Normalize, ToTensor

from nashgan.models.convolution import Convolution

Step = Callable[[Tensor], tuple[float, float]]  # real images to the losses of D and of G
WORKERS = 2


class Pictures(Dataset[Tensor]):
    """Grey pictures of 8 bits, transformed one by one when they are read."""

    def __init__(self, values: np.ndarray) -> None:
        self.pictures = [Image.fromarray(value[0]) for value in values]
        self.transform = Compose([ToTensor(), Normalize((0.5,), (0.5,))])

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> Tensor:
        image: Tensor = self.transform(self.pictures[index])
        return image


def batches(values: np.ndarray, batch: int) -> Iterator[Tensor]:
    """Batches of (batch, 1, h, w) in [-1, 1], epoch after epoch, without end."""
    loader = DataLoader(Pictures(values), batch, shuffle=True, drop_last=True, num_workers=WORKERS)
    while True:
        yield from loader


def plain(player: nn.Module) -> nn.Module:
    """The same player with torch's own convolutions."""
    for module in player.modules():
        if isinstance(module, Convolution):
            module.forward = partial(nn.Conv2d.forward, module)  # type: ignore[method-assign]
    return player


def dcgan_step(g: nn.Module, d: nn.Module, latent: int, rate: float) -> Step:
    """Binary cross-entropy for both players (Goodfellow et al., 2014, non-saturating), a new z in each step."""
    g_optimizer, d_optimizer = (Adam(player.parameters(), rate, betas=(0.5, 0.999)) for player in (g, d))

    def step(real: Tensor) -> tuple[float, float]:
        d.zero_grad()
        answers = d(real)
        real_loss = binary_cross_entropy_with_logits(answers, torch.ones_like(answers))
        backward(real_loss)
        fake = g(torch.randn(len(real), latent))
        answers = d(fake.detach())
        fake_loss = binary_cross_entropy_with_logits(answers, torch.zeros_like(answers))
        backward(fake_loss)
        d_optimizer.step()
        g.zero_grad()
        answers = d(fake)
        g_loss = binary_cross_entropy_with_logits(answers, torch.ones_like(answers))
        backward(g_loss)
        g_optimizer.step()
        return (real_loss + fake_loss).item(), g_loss.item()

    return step


def r3gan_step(g: nn.Module, d: nn.Module, latent: int, rate: float, weight: float) -> Step:
    """The relativistic pairing loss with R1 + R2 at every image (Huang et al., 2024, section 2)."""
    g_optimizer, d_optimizer = (Adam(player.parameters(), rate, betas=(0.0, 0.99)) for player in (g, d))

    def step(real: Tensor) -> tuple[float, float]:
        with torch.no_grad():
            fake = g(torch.randn(len(real), latent))
        d.zero_grad()
        real_at, fake_at = real.clone().requires_grad_(), fake.requires_grad_()
        on_real, on_fake = d(real_at), d(fake_at)
        penalties = [
            torch.autograd.grad(answers.sum(), images, create_graph=True)[0].square().sum(dim=(1, 2, 3)).mean()
            for answers, images in ((on_real, real_at), (on_fake, fake_at))
        ]
        d_loss = softplus(on_fake - on_real).mean() + weight / 2 * (penalties[0] + penalties[1])
        backward(d_loss)
        d_optimizer.step()
        g.zero_grad()
        g_loss = softplus(d(real).detach() - d(g(torch.randn(len(real), latent)))).mean()
        backward(g_loss)
        g_optimizer.step()
        return d_loss.item(), g_loss.item()

    return step
