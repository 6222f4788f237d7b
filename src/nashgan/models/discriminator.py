"""What all discriminators share: features, a linear head on them, and the projection of a label."""

from jaxtyping import Float, Int64
from torch import Tensor, nn

from nashgan.models.conditional import Projection


class LayeredDiscriminator(nn.Module):
    """Examples to logits through `layers`. The last one is the head; its input has `features` numbers each."""

    def __init__(self, layers: list[nn.Module], features: int, classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.features = features
        self.projection = Projection(features, classes)

    def forward(
        self, examples: Float[Tensor, "n ..."], labels: Int64[Tensor, " n"] | None = None
    ) -> Float[Tensor, " n"]:
        *body, head = self.layers
        features = examples
        for layer in body:
            features = layer(features)
        logits: Tensor = self.projection(head(features).flatten(), features.flatten(1), labels)
        return logits
