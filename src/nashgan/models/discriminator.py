"""What all discriminators share: features, a linear head on them, and the projection of a label."""

from jaxtyping import Float, Int64
from torch import Tensor, nn

from nashgan.models.conditional import Projection


class LayeredDiscriminator(nn.Module):
    """Examples to logits through `layers`. The last one is the head; its input has `features` numbers an example.

    Where `pooled` is given, it is the number of feature maps in this input. The label is then projected on the means of
    the maps, and otherwise on all numbers.
    """

    def __init__(self, layers: list[nn.Module], features: int, classes: int, pooled: int | None = None) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.features = features
        self.pooled = pooled
        self.projection = Projection(pooled or features, classes)

    def forward(
        self, examples: Float[Tensor, "n ..."], labels: Int64[Tensor, " n"] | None = None
    ) -> Float[Tensor, " n"]:
        return self.features_and_logits(examples, labels)[1]

    def features_and_logits(
        self, examples: Float[Tensor, "n ..."], labels: Int64[Tensor, " n"] | None = None
    ) -> tuple[Float[Tensor, "n features"], Float[Tensor, " n"]]:
        """The input of the head, and the logits, in one pass."""
        *body, head = self.layers
        features = examples
        for layer in body:
            features = layer(features)
        projected = features.flatten(2).mean(2) if self.pooled else features.flatten(1)
        return features.flatten(1), self.projection(head(features).flatten(), projected, labels)
