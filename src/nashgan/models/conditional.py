"""Labels for both players: with a generator's latents or in its batch norm, projected on a discriminator's features.

Without classes neither module has weights, so an unconditional model's weights have the same names.
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn


class Condition(nn.Module):
    """Joins z with a learned embedding of the label, which is as wide as z. Without classes it returns z."""

    def __init__(self, latent: int, classes: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(classes, latent) if classes else None  # N(0, 1), as z
        self.features = 2 * latent if classes else latent

    def forward(self, z: Float[Tensor, "n latent"], labels: Int64[Tensor, " n"] | None) -> Float[Tensor, "n features"]:
        """Raises ValueError where labels are given without classes, or missing with classes."""
        if self.embedding is None:
            _refuse(labels)
            return z
        return torch.cat([z, self.embedding(_required(labels))], dim=1)


class ConditionalBatchNorm(nn.BatchNorm2d):
    """Batch norm whose scale and shift also depend on the class (de Vries et al., 2017; Miyato and Koyama, 2018)."""

    def __init__(self, features: int, classes: int) -> None:
        super().__init__(features)
        self.by_class = nn.Embedding(classes, 2 * features)  # what is added to the scale, and to the shift
        nn.init.zeros_(self.by_class.weight)

    def forward(self, maps: Float[Tensor, "n c h w"], labels: Int64[Tensor, " n"]) -> Float[Tensor, "n c h w"]:  # type: ignore[override]
        scale, shift = self.by_class(labels)[:, :, None, None].chunk(2, dim=1)
        normed: Tensor = super().forward(maps) * (1 + scale) + shift
        return normed


class Projection(nn.Module):
    """Adds <embedding of the label, features> to the logits (Miyato and Koyama, 2018, equation 4)."""

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(classes, features) if classes else None
        if self.embedding is not None:
            nn.init.normal_(self.embedding.weight, 0.0, features**-0.5)

    def forward(
        self, logits: Float[Tensor, " n"], features: Float[Tensor, "n features"], labels: Int64[Tensor, " n"] | None
    ) -> Float[Tensor, " n"]:
        """Raises ValueError where labels are given without classes, or missing with classes."""
        if self.embedding is None:
            _refuse(labels)
            return logits
        embedded: Tensor = self.embedding(_required(labels))
        return logits + (embedded * features).sum(1)


def check_labels(labels: Int64[Tensor, " n"] | None, classes: int) -> None:
    """Raise ValueError where labels are given and `classes` is 0, or where they are missing and it is not 0."""
    if classes:
        _required(labels)
    else:
        _refuse(labels)


def _refuse(labels: Tensor | None) -> None:
    if labels is not None:
        raise ValueError("labels were given to a model without classes")


def _required(labels: Tensor | None) -> Tensor:
    if labels is None:
        raise ValueError("a class-conditional model needs labels")
    return labels
