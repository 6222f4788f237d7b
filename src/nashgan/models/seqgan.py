"""The generator of SeqGAN: Yu et al., 2017, "SeqGAN: Sequence generative adversarial nets with policy gradient".

A long short-term memory draws one character after the other, each from the distribution that the state before it gives.
No gradient leads through a drawn character, so this generator learns from the probability of what it drew: see
`nashgan.games.policy_gradient`.

What differs: characters are drawn by Gumbel noise that is a function of the latent vector, so that a sample depends on
its latent vector alone.
"""

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
        self.memory = nn.LSTM(self.characters, HIDDEN * width, batch_first=True)
        self.logits = nn.Linear(HIDDEN * width, self.characters)

    @torch.no_grad()
    def forward(
        self, z: Float[Tensor, "n latent"], labels: Int64[Tensor, " n"] | None = None
    ) -> Float[Tensor, "n c l"]:
        """Ones and zeros, without a gradient. After an end mark all characters are end marks."""
        noise = self.noise(z)
        character = torch.zeros_like(noise[:, :1])
        ended = torch.zeros(z.shape[0], dtype=torch.bool, device=z.device)
        state: tuple[Tensor, Tensor] | None = None
        line: list[Tensor] = []
        for position in range(self.positions):
            hidden, state = self.memory(character, state)
            drawn = (self.logits(hidden[:, 0]).float() + noise[:, position]).argmax(1).masked_fill(ended, 0)
            character = F.one_hot(drawn, self.characters).to(noise.dtype)[:, None]
            ended = ended | (drawn == 0)
            line.append(character)
        return torch.cat(line, dim=1).transpose(1, 2).contiguous()

    def log_likelihood(self, lines: Float[Tensor, "n c l"]) -> Float[Tensor, " n"]:
        """The logarithm of the probability that the next line is this one; `lines` are ones and zeros."""
        characters = lines.transpose(1, 2)
        hidden, _ = self.memory(F.pad(characters[:, :-1], (0, 0, 1, 0)))
        of_each = (self.logits(hidden).float().log_softmax(2) * characters).sum(2)
        of_line: Tensor = (of_each * (1 - F.pad(lines[:, 0, :-1], (1, 0)))).sum(1)  # nothing behind an end mark
        return of_line
