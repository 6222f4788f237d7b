"""The shards of a batch, and the gradient over all of them: the same bits on any number of processes.

A batch is cut into ``train.shards`` equal parts, and the processes divide these among themselves. The gradients of the
shards are added in pairs, then the sums in pairs, and so on. A process has 1, 2, 4 … shards in a row, so it can add its
own; the sums of the processes are gathered, and each process adds them in the same pairs. So the order of adding does
not depend on how many processes there are. An all-reduce adds in an order that does.

What holds for a shard:

- Batches and latents are drawn for the whole batch and then cut. So a real example stays beside its generated one.
- What a loss, a penalty or batch norm takes from a batch as a whole, it takes from a shard.
- What else is drawn (by a penalty, an augmentation, or inside of a player) comes from the shard's own random numbers.
- Each shard begins with the same running statistics, those of batch norm say. Their mean over the shards is kept.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import Optimizer

from nashgan.runtime.processes import ALONE, Processes
from nashgan.runtime.randomness import derive_seed

Told = Float[Tensor, " told"]  # measures, none of which has a gradient


@dataclass
class Shards:
    """How a batch is cut, and which of its shards this process computes."""

    count: int = 1  # a power of two
    processes: Processes = ALONE  # as many as divide `count`
    _step: int = -1  # the seed of the step
    _move: int = -1  # how often `differentiate` was called in this step before

    @property
    def own(self) -> range:
        """The shards of this process."""
        each = self.count // self.processes.size
        return range(self.processes.rank * each, (self.processes.rank + 1) * each)

    def cut(self, *batches: Tensor | None) -> list[tuple[Any, ...]]:
        """This process's shards of batches that belong together: a tuple a shard."""
        cut = [[None] * self.count if batch is None else batch.chunk(self.count) for batch in batches]
        return [tuple(batch[index] for batch in cut) for index in self.own]

    def differentiate(
        self,
        on_shard: Callable[..., Told],
        own: Sequence[tuple[Any, ...]],
        modules: Iterable[nn.Module],
        *optimizers: Optimizer,
    ) -> Told:
        """Set the gradients of the optimizers' parameters to their means over all shards. Returns the mean measures.

        `on_shard` is called with each tuple of `own`, which has an entry for each shard of this process. It adds the
        gradient of the shard's loss to that of the parameters, and returns measures. `modules` are those that may
        change their running statistics meanwhile.
        """
        if self.count == 1:
            _forget(optimizers)
            return on_shard(*own[0])
        statistics = list(_statistics(modules))
        before = [one.clone() for one in statistics]
        seed, sums = self._seed_of_move(), list[Tensor]()
        for index, batches in zip(self.own, own, strict=True):
            _forget(optimizers)
            for one, former in zip(statistics, before, strict=True):
                one.copy_(former)
            with _numbers_of_its_own(derive_seed(seed, "shard", index), batches):
                told = on_shard(*batches)
            kept = [*_gradients(optimizers), *filter(torch.is_floating_point, statistics), told]
            sums.append(torch.cat([one.reshape(-1) for one in kept]))
        mean = added_in_pairs(self.processes.gather(added_in_pairs(sums))) / self.count
        for one, piece in zip(kept, torch.split(mean, [one.numel() for one in kept]), strict=True):
            one.copy_(piece.view_as(one))
        return told

    def _seed_of_move(self) -> int:
        """The same in all processes, another one in each move of a step, which the loop gives a seed."""
        step = torch.initial_seed()
        self._move = self._move + 1 if step == self._step else 0
        self._step = step
        return derive_seed(step, "move", self._move)


def added_in_pairs(parts: Sequence[Tensor]) -> Tensor:
    """The sum of 1, 2, 4, 8 … tensors of one shape: ((0 + 1) + (2 + 3)) + …"""
    while len(parts) > 1:
        parts = [one + other for one, other in zip(parts[::2], parts[1::2], strict=True)]
    return parts[0]


def _forget(optimizers: Iterable[Optimizer]) -> None:
    for optimizer in optimizers:
        optimizer.zero_grad(set_to_none=True)


def _gradients(optimizers: Iterable[Optimizer]) -> list[Tensor]:
    learned = [weight for optimizer in optimizers for weight in optimizer.param_groups[0]["params"]]
    return [weight.grad for weight in learned if weight.grad is not None]


def _statistics(modules: Iterable[nn.Module]) -> Iterator[Tensor]:
    """What a forward pass may change. Averages of players are not in training mode, and do not change."""
    for module in modules:
        for part in module.modules():
            if part.training:
                yield from part.buffers(recurse=False)


@contextmanager
def _numbers_of_its_own(seed: int, batches: Iterable[Tensor | None]) -> Iterator[None]:
    """While the block runs, torch's global generators begin at `seed`; afterwards they are where they were."""
    used = {batch.get_device() for batch in batches if batch is not None and batch.is_cuda}
    with torch.random.fork_rng(devices=used):
        torch.manual_seed(seed)
        yield
