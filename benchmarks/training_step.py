"""What a step of the default training takes: with torch's convolution and ours, freed memory given back or kept.

Run: python -m benchmarks.training_step

With the parameters of params.yaml, on noise. Each row is the median of the steps, in milliseconds of the processor, and
how many pages of memory the system had to clear in a step. Steps with one convolution and with the other take turns.
"""

import resource
import statistics
import time
from collections.abc import Callable

from benchmarks.checkpoint import default_training
from torch import nn

from nashgan.models.convolution import Convolution
from nashgan.runtime.allocation import keep_freed_memory

ROUNDS = 20
OURS = Convolution.forward
WAYS: dict[str, Callable[..., object]] = {"torch's convolution": nn.Conv2d.forward, "ours": OURS}


def main() -> None:
    """Print a row for each way."""
    _, config, game, batches = default_training()
    seen = 0

    def step() -> tuple[float, int]:
        nonlocal seen
        began, faults = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        game.step(batches, seen)
        seen += game.step_images
        game.average.update(game.generator, game.step_images, seen)
        cleared = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults
        return time.process_time() - began, cleared

    print(f"{config.name} on {game.device.name}, {ROUNDS} steps each")
    for kept in (False, True):
        if kept and not keep_freed_memory({}):
            return
        found: dict[str, list[tuple[float, int]]] = {way: [] for way in WAYS}
        for _ in range(ROUNDS + 1):
            for way, forward in WAYS.items():
                Convolution.forward = forward  # type: ignore[method-assign, assignment]
                found[way].append(step())
        for way, steps in found.items():
            seconds, pages = (statistics.median(part) for part in zip(*steps[1:], strict=True))
            memory = "kept" if kept else "given back"
            print(f"memory {memory}, {way}: {seconds * 1e3:.0f} ms, {pages:,.0f} pages")
    Convolution.forward = OURS  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
