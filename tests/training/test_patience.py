"""A training ends where its score has not fallen for a while, at the same step whether it was killed before or not."""

import math
from collections.abc import Iterable
from pathlib import Path

import pytest
import torch
from tiny_training import Told, Witness, exact, parameters, play
from torch import Tensor

from nashgan.games.adversarial import AdversarialGame
from nashgan.runtime.errors import Interrupted
from nashgan.training.checkpoint import _tensors
from nashgan.training.loop import Score
from nashgan.training.watchdog import no_better

PARAMS = parameters(train={"images": 320, "evaluate_every": 16, "patience": 48, "sample_every": 40, "log_every": 40})
FALLS_UNTIL = 80  # images


def score_of(history: list[float]) -> Score:
    values = iter(history)
    return Told(lambda module: next(values))


def falling(start: int = 0) -> Score:
    """Falls until `FALLS_UNTIL` images, from the measurement after `start` images on; then it rises."""
    return score_of([abs(FALLS_UNTIL - seen) / 100 for seen in range(start + 16, 321, 16)])


def rows(*scores: float) -> list[dict[str, float]]:
    return [{"images": 10 * (place + 1), "training_fcd": score} for place, score in enumerate(scores)]


@pytest.mark.parametrize(
    ("scores", "patience", "ends"),
    [((3, 2, 1), 10, False), ((3, 1, 2), 10, True), ((3, 1, 2), 20, False), ((3, 1, 1, 1), 20, True), ((), 10, False)],
)
def test_patience_is_counted_from_the_first_of_the_lowest_scores(
    scores: Iterable[float], patience: int, ends: bool
) -> None:
    assert (no_better(rows(*scores), patience) is not None) == ends
    assert no_better(rows(*scores), 0) is None


def test_it_ends_with_all_that_an_end_has(tmp_path: Path) -> None:
    witness = Witness()
    _, history = play(tmp_path, PARAMS, witness, score=falling())
    end = FALLS_UNTIL + 48
    (event,) = history.events
    assert (event.images, event.kind, event.fatal) == (end, "patience", False)
    assert event.detail == "training_fcd was lowest, 0, after 80 images; the training ended"
    assert witness.events == [event]
    assert [row["images"] for row in witness.rows] == [40, 80, 120, end]
    assert witness.seen == [0, 40, 80, 120, end]
    assert history.scores[-1]["images"] == end and history.best["images"] == FALLS_UNTIL


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adam"])
def test_killed_on_the_way_it_ends_at_the_same_step_with_the_same_bits(tmp_path: Path, optimizer: str) -> None:
    """Also where the step at which it ends does everything else that a step may do."""
    more = {"optimizer": optimizer, "clip_gradients": 0.5, "warm_up": 64, "accumulate": 2}
    more |= {"beta2": 0.9, "beta2_end": 0.99, "ema_half_life": 0, "ema_half_life_end": 500, "ema_ramp": 0.5}
    params = parameters(model={"name": "mlp"}, train=PARAMS.train.model_dump() | more)
    whole, whole_history = play(tmp_path / "whole", params, Witness(), score=falling())
    starts = [0]
    while True:
        witness = Witness(stop_after=1)
        try:
            parts, history = play(tmp_path / "parts", params, witness, score=falling(starts[-1]))
            break
        except Interrupted:
            starts.append(int(witness.rows[-1]["images"]) // 16 * 16)
    assert len(starts) > 3 and history.events == whole_history.events
    assert exact(history) == exact(whole_history)
    expected, found = dict(_tensors(whole)), dict(_tensors(parts))
    assert expected.keys() == found.keys() and all(torch.equal(expected[name], found[name]) for name in expected)
    (group,) = whole.optimizer_d.param_groups
    done = (whole_history.events[0].images - 8) / 320  # before the last step
    beta2 = {"adam": group.get("betas", (0, 0))[1], "rmsprop": group.get("alpha")}.get(optimizer)
    assert beta2 in (None, pytest.approx(0.99 - 0.09 * (1 + math.cos(math.pi * done)) / 2))
    rates = [row["lr_d"] for row in whole_history.rows]
    assert rates[0] == pytest.approx(40 / 64 * params.train.lr_discriminator) and rates[1] > rates[0]


def test_a_last_window_that_breaks_goes_back_and_the_training_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = AdversarialGame.step
    end = FALLS_UNTIL + 48

    def breaking(self: AdversarialGame, batches: object, seen: int) -> Tensor:
        first = self.optimizer_d.param_groups[0]["lr"] == PARAMS.train.lr_discriminator
        measures: Tensor = step(self, batches, seen)  # type: ignore[arg-type]
        exploded = torch.zeros_like(measures)
        exploded[-1] = 1e9  # finite, so it is measured
        return measures + exploded if seen == end - 8 and first else measures

    monkeypatch.setattr(AdversarialGame, "step", breaking)
    params = parameters(train=PARAMS.train.model_dump() | {"log_every": 24})  # five rows, and an open window
    scores = score_of([5, 4, 3, 2, 1, 2, 2, 2, 0, 1, 1, 1])  # at the end lower than ever, once it has gone back
    _, history = play(tmp_path, params, Witness(), score=scores)
    assert [event.kind for event in history.events] == ["explosion", "patience"]
    assert history.best["training_fcd"] == 0 and history.events[-1].images == end + 48


def test_without_patience_it_goes_on(tmp_path: Path) -> None:
    params = parameters(train=PARAMS.train.model_dump() | {"patience": None})
    _, history = play(tmp_path, params, Witness(), score=falling())
    assert history.rows[-1]["images"] == 320 and not history.events
