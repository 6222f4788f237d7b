"""A small network that predicts the next position of a series (Yoon et al., 2019, "TimeGAN", predictive score)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from nashgan.runtime.randomness import derive_seed

HIDDEN = 32
STEPS, BATCH, RATE = 400, 128, 0.01


class Predictor(nn.Module):
    """Gated recurrent units over the positions so far, a linear layer for the change to the next one."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.memory = nn.GRU(channels, HIDDEN, batch_first=True)
        self.head = nn.Linear(HIDDEN, channels)

    def forward(self, series: Float[Tensor, "n channels length"]) -> Float[Tensor, "n channels length"]:
        """For each position, the prediction of the next one."""
        states, _ = self.memory(series.transpose(1, 2))
        change: Tensor = self.head(states).transpose(1, 2)
        return series + change


def train_predictor(series: Float[Tensor, "n channels length"]) -> Predictor:
    """A predictor that has learned from `series`, as the players see them; the same series give the same predictor.

    Adam on the mean absolute error, `STEPS` batches, the rate falls linearly to 0. Draws no number of torch's global
    generator.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(0, "predictor"))
        predictor = Predictor(series.shape[1])
        optimizer = torch.optim.Adam(predictor.parameters(), RATE)
        schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, STEPS)
        for _ in range(STEPS):
            batch = series[torch.randint(len(series), (BATCH,))]
            optimizer.zero_grad()
            errors(predictor, batch).mean().backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    return predictor


def errors(predictor: Predictor, series: Float[Tensor, "n channels length"]) -> Float[Tensor, " n"]:
    """The mean absolute error of each series, over channels and all positions but the first."""
    predicted: Tensor = predictor(series[..., :-1])
    return (predicted - series[..., 1:]).abs().mean(dim=(1, 2))
