"""A recurrent generator of text that draws each character with the straight-through Gumbel-softmax.

Kusner and Hernández-Lobato, "GANs for sequences of discrete elements with the Gumbel-softmax distribution", 2016; the
straight-through estimator as in Jang, Gu, Poole, "Categorical reparameterization with Gumbel-softmax", 2017, section
2.2. The discriminator sees characters, not probabilities of characters. So it cannot
recognise them by probabilities between 0 and 1.

What differs: no temperature is annealed, and the Gumbel noise is a function of the latent vector, so that a sample
depends on its latent vector alone.
"""

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float, Int64
from torch import Tensor, nn

from nashgan.models.conditional import Condition
from nashgan.runtime.errors import UserError
from nashgan.spaces.space import Space
from nashgan.spaces.text import TextSpace

HIDDEN = 4  # hidden units for each unit of model.width
TEMPERATURE = 1.0  # of the softmax whose gradient is used


class GumbelNoise(nn.Module):
    """Latents to numbers that each have the standard Gumbel distribution.

    z is projected on fixed unit vectors, which gives numbers from N(0, 1). Each goes through the normal distribution
    function Φ and the Gumbel distribution's quantile function: -log(-log Φ). With as many latent dimensions as numbers
    the vectors are orthogonal and the numbers independent; with fewer, numbers have small correlations.
    """

    projection: Tensor

    def __init__(self, latent: int, characters: int, positions: int) -> None:
        super().__init__()
        self.shape = positions, characters
        numbers = positions * characters
        vectors = torch.empty(numbers, latent)
        if latent >= numbers:
            nn.init.orthogonal_(vectors)
        else:
            nn.init.normal_(vectors)
        self.register_buffer("projection", F.normalize(vectors, dim=1))

    def forward(self, z: Float[Tensor, "n latent"]) -> Float[Tensor, "n l c"]:
        normal = (z.float() @ self.projection.T).float()  # under autocast, the product is in bfloat16
        return -torch.log(-torch.special.log_ndtr(normal)).view(z.shape[0], *self.shape)


class Generator(nn.Module):
    """Gated recurrent units (Cho et al., 2014) that read the characters drawn so far; z is their first state, too."""

    def __init__(self, space: Space, latent: int, width: int, classes: int = 0) -> None:
        """Raises UserError for a space that is not text."""
        super().__init__()
        if not isinstance(space, TextSpace):
            raise UserError(f"params.yaml: model.name: gumbel draws text, not {space.plural}; choose another model")
        characters, positions = space.shape
        self.condition = Condition(latent, classes)
        self.noise = GumbelNoise(latent, characters, positions)
        self.start = nn.Linear(self.condition.features, HIDDEN * width)
        self.cell = nn.GRUCell(characters, HIDDEN * width)
        self.logits = nn.Linear(HIDDEN * width, characters)

    def forward(
        self, z: Float[Tensor, "n latent"], labels: Int64[Tensor, " n"] | None = None
    ) -> Float[Tensor, "n c l"]:
        """Ones and zeros; their gradient is that of the Gumbel-softmax. After an end mark all are end marks."""
        state = torch.tanh(self.start(self.condition(z, labels)))
        noise = self.noise(z)
        character = torch.zeros_like(noise[:, 0])
        end = F.one_hot(torch.zeros(z.shape[0], dtype=torch.int64, device=z.device), noise.shape[2]).float()
        ended = torch.zeros_like(end[:, :1])
        drawn = []
        for position in range(noise.shape[1]):
            state = self.cell(character, state)
            character = _straight_through(self.logits(state) + noise[:, position])
            drawn.append(ended * end + (1 - ended) * character)
            ended = drawn[-1][:, :1].detach().maximum(ended)
        return torch.stack(drawn, dim=2)


def _straight_through(scores: Float[Tensor, "n c"]) -> Float[Tensor, "n c"]:
    """1 for the largest score, 0 for the others, with the gradient of the softmax."""
    soft = (scores.float() / TEMPERATURE).softmax(1)
    hard = F.one_hot(scores.argmax(1), scores.shape[1]).to(soft.dtype)
    return hard + (soft - soft.detach())
