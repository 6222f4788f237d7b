"""The generator of SeqGAN: Yu et al., 2017, "SeqGAN: Sequence generative adversarial nets with policy gradient".

A long short-term memory draws one character after the other, each from the distribution that the state before it gives.
No gradient leads through a drawn character, so this generator learns from the probability of what it drew: see
`nashgan.games.policy_gradient`.

What differs: characters are drawn by Gumbel noise that is a function of the latent vector, so that a sample depends on
its latent vector alone.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float, Int64
from torch import Tensor, nn

from nashgan.models.gumbel import GumbelNoise
from nashgan.runtime.errors import UserError
from nashgan.spaces.space import Space
from nashgan.spaces.text import TextSpace

HIDDEN = 4  # hidden units for each unit of model.width


class Generator(nn.Module):
    """A long short-term memory (Hochreiter and Schmidhuber, 1997) that reads the characters so far."""

    def __init__(self, space: Space, latent: int, width: int, classes: int = 0) -> None:
        """Raises UserError for a space that is not text."""
        super().__init__()
        if not isinstance(space, TextSpace):
            raise UserError(f"params.yaml: model.name: seqgan draws text, not {space.plural}; choose another model")
        self.characters, self.positions = space.shape
        self.noise = GumbelNoise(latent, self.characters, self.positions)
        self.cell = nn.LSTMCell(self.characters, HIDDEN * width)
        self.logits = nn.Linear(HIDDEN * width, self.characters)

    def forward(
        self, z: Float[Tensor, "n latent"], labels: Int64[Tensor, " n"] | None = None
    ) -> Float[Tensor, "n c l"]:
        """Ones and zeros, without a gradient. Behind an end mark are end marks."""
        return self.draw(z)[0]

    def draw(self, z: Float[Tensor, "n latent"]) -> tuple[Float[Tensor, "n c l"], Float[Tensor, " n"]]:
        """Lines, and the logarithm of each one's probability, which has a gradient."""
        noise = self.noise(z)

        def drawn(logits: Float[Tensor, "n c"], position: int) -> Float[Tensor, "n c"]:
            return F.one_hot((logits + noise[:, position]).argmax(1), self.characters).to(logits.dtype)

        return self._read(len(z), drawn)

    def log_likelihood(self, lines: Float[Tensor, "n c l"]) -> Float[Tensor, " n"]:
        """The logarithm of the probability that the next line is this one; `lines` are ones and zeros."""
        return self._read(len(lines), lambda _, position: lines[:, :, position])[1]

    def _read(
        self, count: int, character_at: Callable[[Tensor, int], Tensor]
    ) -> tuple[Float[Tensor, "n c l"], Float[Tensor, " n"]]:
        """Lines whose characters are named one by one, from the logits before each; up to an end mark they count."""
        character = self.logits.bias.new_zeros(count, self.characters)
        end = F.one_hot(torch.zeros_like(character[:, 0], dtype=torch.int64), self.characters).to(character.dtype)
        ended = total = torch.zeros_like(character[:, 0])
        state: tuple[Tensor, Tensor] | None = None
        line: list[Tensor] = []
        for position in range(self.positions):
            state = self.cell(character, state)
            logits = self.logits(state[0]).float()
            going = (1 - ended)[:, None]
            character = going * character_at(logits.detach(), position) + (1 - going) * end
            total = total + (1 - ended) * (logits.log_softmax(1) * character).sum(1)
            ended = ended.maximum(character[:, 0])
            line.append(character)
        return torch.stack(line, dim=2), total
