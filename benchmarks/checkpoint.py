"""What checkpoints cost: the time of writing one against the time of the training between two.

Run: python -m benchmarks.checkpoint

With the parameters of params.yaml, on noise; the median of several of each.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from torch import Tensor

from nashgan.games import create_game
from nashgan.games.batches import Batches
from nashgan.games.game import Game, GameParams
from nashgan.models.config import ModelConfig
from nashgan.params import Params, load_params
from nashgan.records.examples import Examples
from nashgan.runtime.device import pick_device
from nashgan.spaces.image import ImageSpace
from nashgan.training.checkpoint import Checkpoints, weights

ROUNDS = 15


def main() -> None:
    """Print which share of the training's time the checkpoints take."""
    params, _, game, batches = default_training()
    rows = [dict.fromkeys(game.measures, 1 / 3)] * (params.train.images // params.train.log_every)
    step = median_time(lambda number: game.step(batches, number * game.step_images).sum().item())
    between = params.train.checkpoint_every / game.step_images * step
    for keep, best in (("last", {}), ("best", weights(game))):
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:  # the repository's disk, not one in memory
            save = partial(save_one, Checkpoints(Path(folder)), game, rows, best)
            seconds = median_time(save)
        print(f"keep: {keep}: {seconds * 1e3:.1f} ms every {between:.1f} s of training: {seconds / between:.2%}")


def save_one(
    checkpoints: Checkpoints, game: Game, rows: list[dict[str, float]], best: dict[str, Tensor], number: int
) -> None:
    """Write one checkpoint."""
    checkpoints.save(game, {"seen": number, "history": {"rows": rows}}, best=best)


def default_training() -> tuple[Params, ModelConfig, Game, Batches]:
    """The game of params.yaml, new, and noise to play it on."""
    return training_on_noise(load_params(Path(__file__).parents[1] / "params.yaml"))


def training_on_noise(params: Params) -> tuple[Params, ModelConfig, Game, Batches]:
    """The game of `params`, new, and grey noise to play it on, without classes."""
    device = pick_device(params.compute, params.train.precision)
    size, values = params.data.image_size, noise(4000, params.data.image_size)
    space, model = ImageSpace(1, size, size), params.model
    config = ModelConfig(name=model.name, examples=space.format, latent=model.latent, width=model.width)
    game = create_game(config, GameParams(model, params.objective, params.train), device, len(values))
    return params, config, game, Batches(Examples(values), space, params.train.batch, params.train.seed, device.torch)


def noise(count: int, size: int) -> UInt8[np.ndarray, "count 1 size size"]:
    """Grey images of noise."""
    return np.random.default_rng(0).integers(0, 256, (count, 1, size, size), dtype=np.uint8)


def median_time(work: Callable[[int], object]) -> float:
    """The median time of ROUNDS calls, in seconds."""
    taken = []
    for number in range(ROUNDS):
        began = time.perf_counter()
        work(number)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
