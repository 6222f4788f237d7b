"""A batch in shards: every game has the same bits on 1, 2 and 4 processes, and the step of the whole batch."""

import hashlib
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny_games import GAMES
from torch import Tensor, nn
from torch.optim import SGD

from nashgan.games.shards import Shards, added_in_pairs
from nashgan.runtime.launch import launch
from nashgan.runtime.processes import ALONE, Processes, connected, described_outside
from nashgan.training.checkpoint import to_bytes

SHARDS = 4
STEPS = 2
FEW = ("r3gan", "batch norm", "wgan-gp")  # on two processes, too


def digest(name: str, processes: Processes) -> str:
    """Of all weights, averages, statistics, moments and measures of a game after two steps."""
    tiny = GAMES[name]
    game, batches = tiny.create(tiny.params(shards=SHARDS), processes)
    measures = []
    for step in range(STEPS):
        torch.manual_seed(step)
        measures.append(game.step(batches, step * game.step_images))
        game.average.update(game.generator, game.step_images, (step + 1) * game.step_images)
    told = torch.stack(measures)
    assert told.isfinite().all() and told.shape == (STEPS, len(game.measures))
    return hashlib.sha256(to_bytes(game) + told.numpy().tobytes()).hexdigest()


def write_digests(folder: Path, names: Sequence[str]) -> None:
    """What a process of several does."""
    processes = described_outside()
    assert processes
    with connected(processes):
        found = {name: digest(name, processes) for name in names}
    (folder / f"{processes.rank} of {processes.size}.json").write_text(json.dumps(found))


def test_every_game_has_the_same_bits_on_any_number_of_processes(tmp_path: Path) -> None:
    expected = {name: digest(name, ALONE) for name in GAMES}
    for count, names in ((2, FEW), (SHARDS, tuple(GAMES))):
        launch(partial(write_digests, tmp_path, names), count)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 2 + SHARDS
    for file in files:
        found = json.loads(file.read_text())
        assert found == {name: expected[name] for name in found}, file.name


@pytest.mark.parametrize("name", ["r3gan", "spectral", "regression", "cycle"])
def test_shards_are_the_step_of_the_whole_batch_where_nothing_is_taken_from_a_batch_as_a_whole(name: str) -> None:
    """Neither by batch norm nor by a loss; and nothing else is drawn than latents."""
    found = []
    for shards in (1, SHARDS):
        tiny = GAMES[name]
        game, batches = tiny.create(
            tiny.params(shards=shards, optimizer="sgd", lr_generator=0.05, lr_discriminator=0.05)
        )
        torch.manual_seed(0)
        found.append((game.step(batches, 0), [w for module in game.modules().values() for w in module.parameters()]))
    (measures, weights), (same_measures, same_weights) = found
    torch.testing.assert_close(measures, same_measures, rtol=2e-4, atol=2e-6)
    torch.testing.assert_close(weights, same_weights, rtol=2e-4, atol=2e-6)


def test_running_statistics_are_the_mean_of_those_of_the_shards() -> None:
    norm, values, momentum = nn.BatchNorm1d(3), torch.randn(8, 3) * 5 + 2, 0.1
    optimizer = SGD(norm.parameters(), lr=1.0)
    drawn = []

    def on_shard(values: Tensor) -> Tensor:
        drawn.append(torch.rand(()))
        loss: Tensor = (norm(values) * torch.arange(3)).square().mean()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach()[None]

    shards = Shards(SHARDS)
    torch.manual_seed(0)
    shards.differentiate(on_shard, shards.cut(values), [norm], optimizer)
    variances = torch.stack([shard.var(0) for shard in values.chunk(SHARDS)])
    torch.testing.assert_close(norm.running_mean, momentum * values.mean(0))
    torch.testing.assert_close(norm.running_var, 1 - momentum + momentum * variances.mean(0))
    assert norm.num_batches_tracked == 1
    assert len(set(drawn)) == SHARDS  # each shard has random numbers of its own


@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2**32))
def test_the_order_of_adding_does_not_depend_on_the_processes(shards: int, processes: int, seed: int) -> None:
    count, size = 2**shards, 2 ** min(processes, shards)
    parts = list(torch.randn(count, 5, generator=torch.Generator().manual_seed(seed)))
    own = [[parts[index] for index in Shards(count, Processes(rank, size)).own] for rank in range(size)]
    assert torch.equal(added_in_pairs([added_in_pairs(one) for one in own]), added_in_pairs(parts))


def test_a_tensor_of_each_shard_stays_beside_the_others() -> None:
    (real, label, nothing), *_ = Shards(4, Processes(1, 2)).cut(torch.arange(8), torch.arange(8) * 10, None)
    assert real.tolist() == [4, 5] and label.tolist() == [40, 50] and nothing is None
