"""Recurrent players: a sequence is drawn or read position by position; a discriminator reads images row by row, too.

Discriminators use torch's cells, not its fused layers. The fused layers have no second derivative on a GPU, which
gradient penalties need, and spectral normalisation cannot reparametrise their weights.
"""

import math

from jaxtyping import Float, Int64
from torch import Tensor, nn

from nashgan.models.conditional import Condition
from nashgan.models.discriminator import LayeredDiscriminator
from nashgan.spaces.space import Space

HIDDEN = 4  # hidden units for each unit of model.width


def numbers_a_step(space: Space) -> int:
    """How many numbers are in a row of an image, or at a position of a sequence."""
    channels, _, *row = space.shape
    return channels * math.prod(row)


class Steps(nn.Module):
    """Examples to the hidden state after their last row or position; the first state is zero."""

    def __init__(self, cell: nn.LSTMCell | nn.GRUCell) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, examples: Float[Tensor, "n c steps *row"]) -> Float[Tensor, "n hidden"]:
        first, *steps = examples.unbind(2)
        state = self.cell(first.flatten(1))
        for step in steps:
            state = self.cell(step.flatten(1), state)
        hidden: Tensor = state[0] if isinstance(state, tuple) else state  # an LSTM's state has a second part
        return hidden


class LSTM(LayeredDiscriminator):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997) over rows or positions, a linear head."""

    def __init__(self, space: Space, width: int, classes: int = 0) -> None:
        hidden = HIDDEN * width
        cell = nn.LSTMCell(numbers_a_step(space), hidden)
        super().__init__([Steps(cell), nn.Linear(hidden, 1)], hidden, classes)


class GRU(LayeredDiscriminator):
    """Gated recurrent units (Cho et al., 2014) over rows or positions, a linear head."""

    def __init__(self, space: Space, width: int, classes: int = 0) -> None:
        hidden = HIDDEN * width
        cell = nn.GRUCell(numbers_a_step(space), hidden)
        super().__init__([Steps(cell), nn.Linear(hidden, 1)], hidden, classes)


class RecurrentGenerator(nn.Module):
    """Latents to sequences: `memory` gets z at each position, a linear layer gives the numbers there."""

    def __init__(self, space: Space, latent: int, width: int, classes: int, memory: type[nn.LSTM | nn.GRU]) -> None:
        super().__init__()
        channels, self.positions = space.shape
        self.condition = Condition(latent, classes)
        self.memory = memory(self.condition.features, HIDDEN * width, batch_first=True)
        self.head = nn.Linear(HIDDEN * width, channels)
        self.output = space.output()

    def forward(
        self, z: Float[Tensor, "n latent"], labels: Int64[Tensor, " n"] | None = None
    ) -> Float[Tensor, "n channels positions"]:
        known = self.condition(z, labels)
        states, _ = self.memory(known[:, None].expand(-1, self.positions, -1))
        sequences: Tensor = self.output(self.head(states).transpose(1, 2))
        return sequences


class LSTMGenerator(RecurrentGenerator):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997)."""

    def __init__(self, space: Space, latent: int, width: int, classes: int = 0) -> None:
        super().__init__(space, latent, width, classes, nn.LSTM)


class GRUGenerator(RecurrentGenerator):
    """Gated recurrent units (Cho et al., 2014)."""

    def __init__(self, space: Space, latent: int, width: int, classes: int = 0) -> None:
        super().__init__(space, latent, width, classes, nn.GRU)
