"""Recurrent discriminators: they read an image row by row, or a sequence position by position, and answer at the end.

torch's cells are used, not its fused layers. The fused layers have no second derivative on a GPU, which gradient
penalties need, and spectral normalisation cannot reparametrise their weights.
"""

import math

from jaxtyping import Float
from torch import Tensor, nn

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
