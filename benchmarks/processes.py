"""What adding gradients in one order takes, against an all-reduce, whose bits depend on the number of processes.

Run: python -m benchmarks.processes

With the players of params.yaml, on noise, on two processes with one thread each, which have a shard each. Steps with
one way and with the other take turns; the medians are those of rank 0.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import torch
from benchmarks.checkpoint import default_training
from torch import Tensor

from nashgan.games.shards import Shards
from nashgan.runtime.launch import launch
from nashgan.runtime.processes import Processes, connected, described_outside

ROUNDS, COUNT = 15, 2
Gather = Callable[[Processes, Tensor], list[Tensor]]


def all_reduced(processes: Processes, own: Tensor) -> list[Tensor]:
    """The sum over the processes, in whatever order."""
    torch.distributed.all_reduce(own)
    return [own]


def main() -> None:
    """Print a row for each way."""
    launch(measure, COUNT)


def measure() -> None:
    """What each process does."""
    processes = described_outside()
    assert processes
    torch.set_num_threads(1)
    with connected(processes):
        _, config, game, batches = default_training()
        game.shards = Shards(COUNT, processes)  # type: ignore[attr-defined]
        game.device = replace(game.device, processes=processes)
        taken: dict[str, list[tuple[float, float]]] = {}
        ways: dict[str, Gather] = {"one order": Processes.gather, "all-reduce": all_reduced}
        for number in range(2 * (ROUNDS + 1)):
            way = list(ways)[number % 2]
            waited = 0.0

            def gather(processes: Processes, own: Tensor, of_way: Gather = ways[way]) -> list[Tensor]:
                nonlocal waited
                began = time.perf_counter()
                found = of_way(processes, own)
                waited += time.perf_counter() - began
                return found

            Processes.gather = gather  # type: ignore[method-assign, assignment]
            torch.distributed.barrier()
            began = time.perf_counter()
            game.step(batches, number * game.step_images)
            taken.setdefault(way, []).append((time.perf_counter() - began, waited))
    if processes.rank == 0:
        print(f"{config.name}, {COUNT} processes, {ROUNDS} steps each")
        for way, steps in taken.items():
            step, waited = (statistics.median(part) for part in zip(*steps[1:], strict=True))
            print(f"{way}: {step * 1e3:.0f} ms a step, of these {waited * 1e3:.1f} ms until both have the sum")


if __name__ == "__main__":
    main()
