"""The steps of a training, in one process or in several. Rank 0 decides what is done; the others do the same.

So only rank 0 has a history, checkpoints, a watchdog, a score, and hears of signals. Before each step it tells the
others how many images were seen and how often the training went back. All else that a step depends on they have: the
parameters, the data, and the weights, which they get from rank 0 at the beginning and when it goes back.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from jaxtyping import Float
from torch import Tensor

from nashgan.games.batches import Batches
from nashgan.games.game import Game
from nashgan.games.optimisation import annealed, scheduled, set_beta2, warmed_up
from nashgan.runtime.errors import Diverged, Interrupted, UserError
from nashgan.runtime.processes import Processes
from nashgan.runtime.randomness import derive_seed
from nashgan.training.checkpoint import from_bytes, to_bytes
from nashgan.training.params import TrainParams

LR_AFTER_ROLLBACK = 0.5  # factor on the learning rates after each rollback
END, TAKE, PLAY = range(3)  # what rank 0 tells: it is over; take my weights; play a step


class Steps:
    """A game and what its steps depend on."""

    def __init__(self, game: Game, batches: Batches, params: TrainParams) -> None:
        self.game = game
        self.batches = batches
        self.params = params
        self.rates = learning_rates(game)

    def lead(self, seen: int, rollbacks: int) -> Float[Tensor, " measures"]:
        """A step in all processes after `seen` images and so many rollbacks. Returns the game's measures."""
        self.game.device.processes.told(PLAY, seen, rollbacks)
        return self.play(seen, rollbacks)

    def play(self, seen: int, rollbacks: int) -> Float[Tensor, " measures"]:
        """A step in this process; what it draws is a function of the seed and the images seen."""
        torch.manual_seed(derive_seed(self.params.seed, "step", seen))
        self._set_rates(seen, rollbacks)
        measures = self.game.step(self.batches, seen)
        images = self.game.step_images
        self.game.average.update(self.game.generator, images, seen + images)
        return measures

    def _set_rates(self, seen: int, rollbacks: int) -> None:
        done = seen / self.params.images
        share = annealed(done, self.params.lr_end) * LR_AFTER_ROLLBACK**rollbacks
        share *= warmed_up(seen + self.game.step_images, self.params.warm_up)
        for name, optimizer in self.game.optimizers().items():
            optimizer.param_groups[0]["lr"] = self.rates[f"lr_{name}"] * share
            set_beta2(optimizer, scheduled(self.params.beta2, self.params.beta2_end, done))


def learning_rates(game: Game) -> dict[str, float]:
    """The learning rates by the names of the history's columns: ``lr_`` and the name of an optimizer, as ``lr_d``."""
    return {f"lr_{name}": optimizer.param_groups[0]["lr"] for name, optimizer in game.optimizers().items()}


def give_away(game: Game) -> None:
    """Give the other processes every weight, average and optimizer moment of rank 0."""
    processes = game.device.processes
    if processes.size > 1:
        processes.told(TAKE, 0, 0)
        processes.shared(to_bytes(game))


@contextmanager
def leading(processes: Processes) -> Iterator[None]:
    """Rank 0's work. When it ends, or ends with an error that it expects, the others are told."""
    try:
        yield
    except (UserError, Diverged, Interrupted):  # after any other one, they may be in the middle of a step
        processes.told(END, 0, 0)
        raise
    processes.told(END, 0, 0)


def follow(processes: Processes, create: Callable[[], Steps]) -> None:
    """Do what rank 0 tells, until it ends. `create` is called when rank 0 begins, which finds what is wrong before."""
    steps = None
    while (order := processes.told(END, 0, 0))[0] != END:
        steps = steps or create()
        what, seen, rollbacks = order
        if what == TAKE:
            from_bytes(steps.game, processes.shared())
        else:
            steps.play(seen, rollbacks)
