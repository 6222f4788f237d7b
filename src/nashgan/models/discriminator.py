"""What all discriminators share: features, a linear head on them, and the projection of a label."""

from jaxtyping import Float, Int64
from torch import Tensor, nn

from nashgan.models.conditional import Projection


class LayeredDiscriminator(nn.Module):
    """Images to logits through `layers`. The last one is the head; its input has `features` numbers for each image."""

    def __init__(self, layers: list[nn.Module], features: int, classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.projection = Projection(features, classes)

    def forward(
        self, images: Float[Tensor, "n c h w"], labels: Int64[Tensor, " n"] | None = None
    ) -> Float[Tensor, " n"]:
        *body, head = self.layers
        features = images
        for layer in body:
            features = layer(features)
        logits: Tensor = self.projection(head(features).flatten(), features.flatten(1), labels)
        return logits
