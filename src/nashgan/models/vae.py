"""Variational autoencoder: Kingma and Welling, "Auto-Encoding Variational Bayes", 2014; its β: Higgins et al., 2017.

    ELBO = E[log p(x | z)] - β KL(q(z | x) ‖ N(0, I)),  z from q(z | x) = N(mean, exp(log_variance))

p(x | z) is Kingma and Welling's for digits: each pixel is a Bernoulli variable with the decoded intensity. An intensity
of x that is neither 0 nor 1 is taken as a mean of such variables; Loaiza-Ganem and Cunningham (2019) say what this
leaves out. With classes, p and q are also given the label (Sohn et al., 2015).
"""

from pathlib import Path

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from nashgan.models import dcgan
from nashgan.models.conditional import Condition
from nashgan.models.config import ModelConfig
from nashgan.models.generator import STAGE
from nashgan.models.init import normal_init
from nashgan.models.pyramid import pyramid
from nashgan.records.record import mend
from nashgan.records.weights import load_config, load_weights
from nashgan.spaces.image import ImageSpace, as_images


class Decoder(dcgan.Generator):
    """Latents to images in [-1, 1]: DCGAN's generator, whose tanh(a) is the mean 2·sigmoid(2a) - 1 of a pixel."""

    def logits(
        self, z: Float[Tensor, "n latent"], labels: Int64[Tensor, " n"] | None = None
    ) -> Float[Tensor, "n c h w"]:
        """The logits of the pixels' intensities: `forward` is 2·sigmoid of them - 1."""
        return 2 * self.before_tanh(z, labels)


class Encoder(nn.Module):
    """Images to the mean and the log-variance of q(z | x): DCGAN's discriminator with another head."""

    def __init__(self, image: ImageSpace, latent: int, width: int, classes: int = 0) -> None:
        super().__init__()
        discriminator = dcgan.Discriminator(image, width)
        self.layers = nn.Sequential(*list(discriminator.layers)[:-1], nn.Flatten())
        self.condition = Condition(pyramid(image, width).features, classes)
        self.head = nn.Linear(self.condition.features, 2 * latent)
        self.head.apply(normal_init)

    def forward(
        self, images: Float[Tensor, "n c h w"], labels: Int64[Tensor, " n"] | None = None
    ) -> tuple[Float[Tensor, "n latent"], Float[Tensor, "n latent"]]:
        mean, log_variance = self.head(self.condition(self.layers(images), labels)).float().chunk(2, dim=1)
        return mean, log_variance


def load_encoder(folder: Path, device: torch.device) -> Encoder:
    """Read a VAE's encoder. Raises UserError for a bad file."""
    config = load_config(folder, ModelConfig, mend(STAGE))
    encoder = Encoder(as_images(config.space), config.latent, config.width, config.classes)
    load_weights(folder / "weights.safetensors", encoder, mend(STAGE))
    return encoder.to(device).eval()


def kl_to_standard_normal(
    mean: Float[Tensor, "n latent"], log_variance: Float[Tensor, "n latent"]
) -> Float[Tensor, " n"]:
    """KL(N(mean, diag exp(log_variance)) ‖ N(0, I)) in nats (Kingma and Welling, 2014, appendix B)."""
    return (mean.square() + log_variance.exp() - 1 - log_variance).sum(1) / 2


def negative_log_likelihood(logits: Float[Tensor, "n c h w"], real: Float[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
    """-log p(real | z) in nats: the cross-entropy of the intensities (real + 1) / 2 and those of the logits."""
    return binary_cross_entropy_with_logits(logits, (real + 1) / 2, reduction="none").flatten(1).sum(1)
