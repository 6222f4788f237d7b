"""Recurrent players: an image is drawn or read row by row, a sequence position by position.

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
    """Numbers in a row of an image, or at a position of a sequence."""
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
    """Latents to examples: `memory` gets z at each row or position, a linear layer draws what stands there."""

    def __init__(self, space: Space, latent: int, width: int, classes: int, memory: type[nn.LSTM | nn.GRU]) -> None:
        super().__init__()
        channels, self.steps, *row = space.shape
        self.condition = Condition(latent, classes)
        self.memory = memory(self.condition.features, HIDDEN * width, batch_first=True)
        self.head = nn.Linear(HIDDEN * width, numbers_a_step(space))
        self.step = nn.Unflatten(2, (channels, *row))
        self.output = space.output()

    def forward(
        self, z: Float[Tensor, "n latent"], labels: Int64[Tensor, " n"] | None = None
    ) -> Float[Tensor, "n ..."]:
        told = self.condition(z, labels)
        states, _ = self.memory(told[:, None].expand(-1, self.steps, -1))
        examples: Tensor = self.output(self.step(self.head(states)).transpose(1, 2))
        return examples


class LSTMGenerator(RecurrentGenerator):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997)."""

    def __init__(self, space: Space, latent: int, width: int, classes: int = 0) -> None:
        super().__init__(space, latent, width, classes, nn.LSTM)


class GRUGenerator(RecurrentGenerator):
    """Gated recurrent units (Cho et al., 2014)."""

    def __init__(self, space: Space, latent: int, width: int, classes: int = 0) -> None:
        super().__init__(space, latent, width, classes, nn.GRU)
