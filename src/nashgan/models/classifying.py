"""A discriminator that also names the class: K answers for K classes, and the (K+1)-th, "generated", implied.

Salimans et al., "Improved Techniques for Training GANs", 2016, section 5. With the logits l of the classes and a logit
of 0 for "generated", D(x) = Z / (Z + 1) with Z = Σ exp(l). So the logit of "real" is log Z.
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from nashgan.models.discriminator import LayeredDiscriminator

NOISE = 0.3  # standard deviation, where pixels are from -1 to 1
REACH = 1 / 16  # the largest shift, as a share of the shorter side


class Disturbance(nn.Module):
    """While training, shifts each image at random, repeats its border to fill the gap, and adds normal noise.

    Without it few labelled images are memorised. Salimans et al. (2016) add noise to the input, too.
    """

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        if not self.training:
            return images
        height, width = images.shape[-2:]
        reach, device = max(1, round(REACH * min(height, width))), images.device
        by = torch.randint(-reach, reach + 1, (2, len(images), 1), device=device)
        rows = (torch.arange(height, device=device) + by[0]).clamp(0, height - 1)
        columns = (torch.arange(width, device=device) + by[1]).clamp(0, width - 1)
        n = torch.arange(len(images), device=device)[:, None, None]
        moved = images.permute(0, 2, 3, 1)[n, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
        return moved + NOISE * torch.randn_like(moved)


class ClassifyingDiscriminator(nn.Module):
    """The layers of another discriminator, with a head that has a logit for each class in place of its own."""

    def __init__(self, judge: LayeredDiscriminator, classes: int) -> None:
        super().__init__()
        *body, _ = judge.layers
        self.body = nn.Sequential(Disturbance(), *body, nn.Flatten())
        self.head = nn.Linear(judge.features, classes)
        nn.init.kaiming_normal_(self.head.weight, nonlinearity="linear")  # He et al., 2015
        nn.init.zeros_(self.head.bias)

    def features(self, examples: Float[Tensor, "n c h w"]) -> Float[Tensor, "n features"]:
        """The input of the head: what feature matching compares."""
        features: Tensor = self.body(examples)
        return features

    def classes(self, examples: Float[Tensor, "n c h w"]) -> Float[Tensor, "n k"]:
        """A logit for each class; their softmax is how likely each is, given that the example is real."""
        logits: Tensor = self.head(self.features(examples))
        return logits

    def forward(
        self, examples: Float[Tensor, "n c h w"], labels: Int64[Tensor, " n"] | None = None
    ) -> Float[Tensor, " n"]:
        """The logit of "real": the log-sum-exp of the classes' logits. Raises ValueError where labels are given."""
        if labels is not None:
            raise ValueError("labels were given to a discriminator that names the classes itself")
        return self.classes(examples).logsumexp(dim=1)
