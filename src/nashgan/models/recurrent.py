"""Recurrent discriminators: they read an image row by row and compute the logit from the last hidden state.

torch's cells are used, not its fused layers. The fused layers have no second derivative on a GPU, which gradient
penalties need, and spectral normalisation cannot reparametrise their weights.
"""

from jaxtyping import Float
from torch import Tensor, nn

from nashgan.models.discriminator import LayeredDiscriminator
from nashgan.spaces.image import ImageSpace

HIDDEN = 4  # hidden units for each unit of model.width


class Rows(nn.Module):
    """Images to the hidden state after their last row; the first state is zero."""

    def __init__(self, cell: nn.LSTMCell | nn.GRUCell) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n hidden"]:
        first, *rows = images.unbind(2)
        state = self.cell(first.flatten(1))
        for row in rows:
            state = self.cell(row.flatten(1), state)
        hidden: Tensor = state[0] if isinstance(state, tuple) else state  # an LSTM's state has a second part
        return hidden


class LSTM(LayeredDiscriminator):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997) over the rows, a linear head."""

    def __init__(self, image: ImageSpace, width: int, classes: int = 0) -> None:
        hidden = HIDDEN * width
        cell = nn.LSTMCell(image.channels * image.size, hidden)
        super().__init__([Rows(cell), nn.Linear(hidden, 1)], hidden, classes)


class GRU(LayeredDiscriminator):
    """Gated recurrent units (Cho et al., 2014) over the rows, a linear head."""

    def __init__(self, image: ImageSpace, width: int, classes: int = 0) -> None:
        hidden = HIDDEN * width
        cell = nn.GRUCell(image.channels * image.size, hidden)
        super().__init__([Rows(cell), nn.Linear(hidden, 1)], hidden, classes)
