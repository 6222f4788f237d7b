"""The training loop. It counts in images seen, and it can be stopped and continued at any step."""

import sys
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Shaped
from torch import Tensor, nn

from nashgan.games.batches import Batches
from nashgan.games.game import Game
from nashgan.records.history import MEASURED
from nashgan.records.train_run import PATIENCE, WatchdogEvent
from nashgan.runtime.errors import Diverged, Interrupted
from nashgan.runtime.progress import note, progress
from nashgan.runtime.randomness import derive_seed
from nashgan.runtime.signals import stop_request
from nashgan.training.checkpoint import Checkpoint, Checkpoints, restore, restore_weights, weights
from nashgan.training.history import History
from nashgan.training.params import TrainParams
from nashgan.training.steps import Steps, give_away, learning_rates
from nashgan.training.watchdog import (
    Predictions,
    broken_row,
    collapsed,
    few_classes,
    lopsided,
    no_better,
    pairwise_distance,
)

TIMELINE_IMAGES = 64


class Scored(NamedTuple):
    """What was measured of an averaged generator."""

    value: float  # the lower, the better
    classes: Predictions | None = None  # the classes of its samples, where a classifier names classes


@runtime_checkable
class Score(Protocol):
    """A measure of how far an averaged generator's samples are from real examples."""

    name: str  # of the metric

    def __call__(self, module: nn.Module) -> Scored:
        """Measure `module`, from latents that stay the same. Draws no number of torch's global generator."""


@runtime_checkable
class Observer(Protocol):
    """What is told how the training goes. Its methods must not block."""

    def history(self, row: dict[str, float]) -> None:
        """One row of the history; ``row["images"]`` is the step."""

    def score(self, row: dict[str, float]) -> None:
        """One measurement of the averaged generator; ``row["images"]`` is the step."""

    def timeline(self, samples: Shaped[np.ndarray, "n ..."], seen: int) -> None:
        """Samples of the averaged generator from latents that stay the same."""

    def event(self, event: WatchdogEvent) -> None:
        """One event that the watchdog reports."""


def train(
    game: Game,
    batches: Batches,
    params: TrainParams,
    checkpoints: Checkpoints,
    observers: Sequence[Observer],
    score: Score | None = None,
    *,
    may_be_longer: bool = False,
) -> History:
    """Play until ``params.end`` images were seen, from the newest checkpoint on.

    With `score`, the average is measured every ``params.evaluate_every`` images, with ``params.patience`` the training
    ends when the score has not fallen for so many images, and with ``params.keep: best`` the game ends with the weights
    it had at the lowest score. With `may_be_longer`, a checkpoint is written for a longer training, before anything is
    done only because this one ends. Raises Interrupted on a signal, Diverged when the watchdog has gone back
    ``max_rollbacks`` times and would have to again.
    """
    training = Training(game, batches, params, checkpoints, observers)
    training.begin()
    with stop_request() as stop, progress("train", params.end, start=training.seen) as advance:
        while not training.ended:
            before = training.seen
            training.step()
            training.observe(score, before)
            if score and training.passed(params.evaluate_every, before):
                training.lose_patience(before)
            due = training.passed(params.checkpoint_every, before)
            if training.complete and may_be_longer:
                training.save_at_the_end(due)
            training.observe(score, before, at_the_end=True)
            if due or training.ended or stop:
                training.save(due)
            if stop.received:
                raise Interrupted(f"{stop.received.name}: stopped after {training.seen:,} images")
            advance(training.seen - before, **training.shown())
    training.keep()
    return training.history


class Training:
    """A training in progress: the game, how far it is, what was measured, and its checkpoints."""

    def __init__(
        self,
        game: Game,
        batches: Batches,
        params: TrainParams,
        checkpoints: Checkpoints,
        observers: Sequence[Observer],
    ) -> None:
        self.game = game
        self.batches = batches
        self.params = params
        self.checkpoints = checkpoints
        self.observers = observers
        self.history = History.of(game.measures, game.device.torch)
        self.timeline = TimelineSampler(game, batches, params.seed)
        labels = None if batches.labels is None else batches.labels[:TIMELINE_IMAGES].cpu().numpy()
        self.real_spread = pairwise_distance(batches.values[:TIMELINE_IMAGES], labels)
        self.steps = Steps(game, batches, params)
        self.best: dict[str, Tensor] = {}  # the weights of the lowest score, with ``keep: best``
        self.seen = 0

    def begin(self) -> None:
        """Continue from the newest checkpoint. Without one, write the first, so that a rollback is possible."""
        if found := self.checkpoints.newest():
            self._enter(found)
            note(f"train: goes on from {self.seen:,} images")
        else:
            give_away(self.game)
            self.show_timeline()
            self.save()
        self.history.open_window(self.seen)

    def step(self) -> None:
        """One step of the game, in all processes."""
        self.history.add(self.steps.lead(self.seen, self.history.rollbacks))
        self.seen += self.game.step_images

    @property
    def complete(self) -> bool:
        """Whether all images were seen."""
        return self.seen >= self.params.end

    @property
    def ended(self) -> bool:
        """Whether all images were seen, or patience was lost."""
        return self.complete or any(event.kind == PATIENCE for event in self.history.events)

    def passed(self, every: int, before: int) -> bool:
        """Whether a multiple of `every` images was passed since `before`. False after a rollback."""
        return before // every < self.seen // every

    def observe(self, score: Score | None, before: int, *, at_the_end: bool = False) -> None:
        """Log, show samples and measure: what has become due since `before`.

        With `at_the_end`, it is what has not become due, and only if all images were seen.
        """

        def due(every: int) -> bool:
            passed = self.passed(every, before)
            return self.complete and not passed if at_the_end else passed

        if due(self.params.log_every):
            self.log()
        if due(self.params.sample_every):
            self.show_timeline()
        if score and due(self.params.evaluate_every):
            self.evaluate(score)

    def log(self) -> None:
        """Close the window of the history. Go back to a checkpoint if the watchdog finds the new row broken."""
        row = self.history.close_window(self.seen, learning_rates(self.game))
        if event := broken_row(self.history.rows, self.params.watchdog):
            self._go_back(event)
            return
        self._notice(lopsided(self.history.rows, self.game.indifferent_loss))
        for observer in self.observers:
            observer.history(row)

    def show_timeline(self) -> None:
        """Give samples of the averaged generator to the observers."""
        pictures = self.timeline.pictures()
        if self.seen:  # before the first step all samples are alike
            labels = None if self.timeline.labels is None else self.timeline.labels.cpu().numpy()
            self._notice(collapsed(pictures, self.real_spread, self.seen, self.params.watchdog, labels))
        for observer in self.observers:
            observer.timeline(pictures, self.seen)

    def evaluate(self, score: Score) -> None:
        """Measure the averaged generator, unless a value is not finite. With ``keep: best``, remember the best one."""
        if not self.history.finite:
            return
        scored = score(self.game.average.module)
        row = self.history.add_score(self.seen, score.name, scored.value)
        if scored.classes:
            self._notice(few_classes(scored.classes, self.seen, self.params.watchdog))
        if self.params.keep == "best" and row is self.history.best:
            self.best = weights(self.game)
        for observer in self.observers:
            observer.score(row)

    def lose_patience(self, before: int) -> None:
        """End the training if the score has not fallen for ``params.patience`` images.

        Only scores decide, and they are in the checkpoints. So a training that was killed before ends at the same step.
        """
        if self.complete or no_better(self.history.scores, self.params.patience) is None:
            return
        if self.history.steps:
            self.log()  # the last window closes here; it may be broken, and the training go back
        if event := no_better(self.history.scores, self.params.patience):
            if not self.passed(self.params.sample_every, before):
                self.show_timeline()
            self._notice(event)

    def save(self, due: bool = True) -> None:
        """Write a checkpoint, unless a value is not finite."""
        if self.history.finite:
            self.checkpoints.save(self.game, self.state(), due, self.best)

    def save_at_the_end(self, due: bool) -> None:
        """Write what a longer training goes on from, unless a value is not finite."""
        if self.history.finite:
            self.checkpoints.save_at_the_end(self.game, self.state(), due, self.best)

    def state(self) -> dict[str, Any]:
        """The loop's own state."""
        return {"seen": self.seen, "history": self.history.state()}

    def keep(self) -> None:
        """With ``keep: best``, give the game the best weights."""
        if self.best:
            restore_weights(self.game, self.best)

    def shown(self) -> dict[str, float]:
        """The numbers for the progress bar."""
        row = self.history.rows[-1] if self.history.rows else {}
        scores = self.history.scores[-1].items() if self.history.scores else ()
        measured = {name.removeprefix(MEASURED): value for name, value in scores if name.startswith(MEASURED)}
        return {name: row[name] for name in self.game.measures[:3] if name in row} | measured

    def _enter(self, found: Checkpoint) -> None:
        self.best = restore(self.game, found)
        self.history.restore(found.state["history"])
        self.seen = found.state["seen"]
        give_away(self.game)

    def _go_back(self, event: WatchdogEvent) -> None:
        """Go back to the last checkpoint before the broken window, with lower learning rates."""
        events = [*self.history.events, event]
        self._warn(event)
        good = int(self.history.rows[-2]["images"]) if len(self.history.rows) > 1 else 0
        found = self.checkpoints.newest(until=good)
        if found is None or sum(known.fatal for known in events) > self.params.watchdog.max_rollbacks:
            raise Diverged(
                f"{event.kind} at {event.images:,} images ({event.detail}); the last good checkpoint is kept; "
                "lower train.lr_generator and train.lr_discriminator or choose another objective in params.yaml"
            )
        self._enter(found)
        self.history.events = events
        self.checkpoints.drop_after(self.seen)
        self.save()
        self.history.open_window(self.seen)

    def _notice(self, event: WatchdogEvent | None) -> None:
        """Record an event, if it is the first of its kind."""
        if event and event.kind not in {known.kind for known in self.history.events}:
            self.history.events.append(event)
            self._warn(event)

    def _warn(self, event: WatchdogEvent) -> None:
        print(f"warning: {event.kind} at {event.images:,} images: {event.detail}", file=sys.stderr)
        for observer in self.observers:
            observer.event(event)


class TimelineSampler:
    """Samples of the averaged generator. Its latents, and what else it is given, stay the same.

    Classes are given in turn, images to restore or to translate are the first of the training split.
    """

    def __init__(self, game: Game, batches: Batches, seed: int) -> None:
        random = torch.Generator().manual_seed(derive_seed(seed, "timeline"))
        self.game = game
        self.z = torch.randn(TIMELINE_IMAGES, game.config.latent, generator=random).to(game.device.torch)
        self.given = batches.shown(TIMELINE_IMAGES)
        self.labels = self.given if batches.classes else None

    @torch.inference_mode()
    def pictures(self) -> Shaped[np.ndarray, "n ..."]:
        """The samples as they are now."""
        return self.game.config.space.from_players(self.game.average.module(self.z, self.given).float().cpu())
