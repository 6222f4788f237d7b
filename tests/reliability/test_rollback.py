"""The watchdog goes back to the same checkpoint, whether the training has been stopped in between or not."""

from pathlib import Path

import pytest
import torch
from record_files import repeatable
from tiny_training import Witness, parameters, play

from nashgan.games.adversarial import AdversarialGame
from nashgan.games.batches import Batches
from nashgan.runtime.errors import Interrupted
from nashgan.training.checkpoint import _tensors
from nashgan.training.history import History

PARAMS = parameters(train={"images": 240})
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
