"""The watchdog goes back to the same checkpoint, whether the training has been stopped in between or not."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from record_files import repeatable
from tiny_training import FP32, Witness, game_of, parameters, play

from nashgan.games.adversarial import AdversarialGame
from nashgan.games.batches import Batches
from nashgan.runtime.errors import Interrupted
from nashgan.runtime.launch import launch
from nashgan.runtime.processes import connected, described_outside
from nashgan.training.checkpoint import _tensors, to_bytes
from nashgan.training.history import History
from nashgan.training.steps import Steps, follow, leading

PARAMS = parameters(train={"images": 240})
IN_SHARDS = parameters(train={"images": 160, "shards": 2})
BREAKS = (88, 152)  # images seen at steps whose loss is infinite, unless the learning rate has been lowered


@pytest.fixture(autouse=True)
def _breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    step = AdversarialGame.step

    def breaking(self: AdversarialGame, images: Batches, seen: int) -> torch.Tensor:
        measures = step(self, images, seen)
        lowered = self.optimizer_d.param_groups[0]["lr"] / PARAMS.train.lr_discriminator
        return measures + torch.inf if seen in BREAKS and lowered > 0.5 ** (1 + BREAKS.index(seen)) else measures

    monkeypatch.setattr(AdversarialGame, "step", breaking)


def exact(history: History) -> object:
    return repeatable(history.rows), history.events


def test_a_training_that_was_stopped_goes_back_to_the_same_checkpoint(tmp_path: Path) -> None:
    whole, whole_history = play(tmp_path / "whole", PARAMS, Witness())
    assert whole_history.rollbacks == 2
    starts = 0
    while True:
        starts += 1
        try:
            parts, parts_history = play(tmp_path / "parts", PARAMS, Witness(stop_after=1))
            break
        except Interrupted:
            continue
    assert starts > 15  # stopped after every row
    assert exact(whole_history) == exact(parts_history)
    expected, found = dict(_tensors(whole)), dict(_tensors(parts))
    assert expected.keys() == found.keys() and all(torch.equal(expected[name], found[name]) for name in expected)
    regular = sorted(path.name for path in (tmp_path / "whole").iterdir())
    assert sorted(path.name for path in (tmp_path / "parts").iterdir()) == regular


def play_on_several(folder: Path) -> None:
    """What each of several processes does."""
    processes = described_outside()
    assert processes
    device = replace(FP32, processes=processes)
    with connected(processes):
        if processes.rank:
            follow(processes, lambda: Steps(*game_of(IN_SHARDS, device), IN_SHARDS.train))
            return
        with leading(processes):
            players, history = play(folder / "several", IN_SHARDS, Witness(), device)
    assert history.rollbacks == 2
    (folder / "weights").write_bytes(to_bytes(players))


def test_all_processes_go_back(tmp_path: Path) -> None:
    alone, _ = play(tmp_path / "alone", IN_SHARDS, Witness())
    launch(partial(play_on_several, tmp_path), 2)
    assert (tmp_path / "weights").read_bytes() == to_bytes(alone)
