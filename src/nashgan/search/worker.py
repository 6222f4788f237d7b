"""The command `nashgan search`: a worker takes one trial of a study after the other, until the study has them all."""

import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import optuna
from filelock import FileLock
from optuna.exceptions import UpdateFinishedTrialError
from optuna.study import Study
from optuna.trial import FrozenTrial

from nashgan.comparison.study import print_study
from nashgan.comparison.text import measured
from nashgan.params import load_params, read_values
from nashgan.records.paths import Paths
from nashgan.runtime.errors import Interrupted, UserError
from nashgan.runtime.signals import stop_request
from nashgan.search.overview import of_study
from nashgan.search.space import Range, Space, Value, ends_of, read_space
from nashgan.search.study import (
    ERROR,
    MEASURED,
    address,
    again,
    begin_study,
    goes_on,
    measured_at,
    next_trial,
    number_of,
    one_line,
    open_storage,
)
from nashgan.search.trial import Outcome, Trial, TrialFailed, run_trial

WAIT = 2.0  # seconds between two looks at the trials of other workers

Run = Callable[[Trial], Outcome]


def search(paths: Paths, file: Path, study: str | None, storage: str | None) -> None:
    """Run trials of the study until it has as many as `file` says, and print them. Other workers may do the same.

    Raises UserError where file, storage or study are wrong, and Interrupted on a signal; a later worker goes on.
    """
    load_params(paths.params)  # reports its faults first
    values = read_values(paths.params)
    space = read_space(file, values)
    name, url = study or file.stem, address(paths, storage)
    with one_line(url):
        begun = begin_study(paths, open_storage(paths, url), name, space, values)
        begin = FileLock(paths.searches / "begin.lock")
        try:
            Worker(begun, space, values, partial(run_trial, paths, metric=space.metric), begin).work()
        except Interrupted as stopped:
            raise Interrupted(f"{stopped}; the same command goes on with the study") from None
        print_study(of_study(begun))
    print(f"`nashgan compare --study {name}` compares its experiments, and writes a page")


@dataclass(frozen=True)
class Worker:
    """What runs trials. `run` trains one up to its end and measures it."""

    study: Study
    space: Space
    values: Mapping[str, Any]  # of params.yaml, section by section
    run: Run
    begin: FileLock  # of the machine: one worker at a time asks for a trial, so that none is asked for too many

    def work(self) -> None:
        """Run trials until the study has them all and no other worker runs one. Raises Interrupted on a signal."""
        with stop_request() as stop:
            while not stop.received:
                with self.begin:
                    todo = next_trial(self.study, self.space)
                    if todo == "begin":
                        with suppress(UpdateFinishedTrialError):  # this worker slept, and another one took the trial
                            self.study.optimize(self._objective, n_trials=1, catch=(TrialFailed,))
                if todo == "end":
                    return
                if todo == "wait":
                    time.sleep(WAIT)
        assert stop.received is not None
        raise Interrupted(f"{stop.received.name}: stopped")

    def _objective(self, asked: optuna.Trial) -> float:
        """The value of a trial at its end. Raises TrialPruned, TrialFailed, and what interrupts the worker."""
        params = {name: suggest(asked, name, searched) for name, searched in self.space.parameters.items()}
        self.begin.release()
        try:
            return self._train(asked, params)
        except TrialFailed as failed:
            asked.set_user_attr(ERROR, str(failed))
            tell(self._known(asked), f"failed: {failed}")
            raise
        except (Interrupted, UserError):
            again(self.study, self._known(asked))
            raise

    def _train(self, asked: optuna.Trial, params: Mapping[str, Value]) -> float:
        try:
            *rungs, end = ends_of(self.space, self.values, params)
        except UserError as refused:
            raise TrialFailed(str(refused)) from None
        maximize = self.space.direction == "maximize"
        for rung in rungs:
            value = self._value(asked, params, rung, rung)
            others = measured_at(self.study.get_trials(deepcopy=False), rung)
            if not goes_on(value, others, self.space.reduction_factor, maximize):
                tell(self._known(asked), f"pruned after {rung:,} images")
                raise optuna.TrialPruned
        return self._value(asked, params, end, None)

    def _value(self, asked: optuna.Trial, params: Mapping[str, Value], images: int, until: int | None) -> float:
        """What a trial is judged by after `images`; measured now, unless it was before the trial was interrupted."""
        trial = self._known(asked)
        before: dict[str, dict[str, Any]] = trial.user_attrs.get(MEASURED, {})
        if str(images) in before:
            outcome = Outcome.model_validate(before[str(images)])
        else:
            outcome = self.run(Trial(self.study.study_name, number_of(trial), params, until))
            asked.set_user_attr(MEASURED, before | {str(images): outcome.model_dump()})
            tell(trial, f"{images:,} images, {outcome.metric} {measured(outcome.compared)}")
        value = judged(outcome, self.space)
        if until is not None and until not in trial.intermediate_values:
            asked.report(value, until)
        return value

    def _known(self, asked: optuna.Trial) -> FrozenTrial:
        return self.study.get_trials(deepcopy=False)[asked.number]


def tell(trial: FrozenTrial, what: str) -> None:
    """Print what became of a trial."""
    print(f"trial {number_of(trial):04d}: {what}", flush=True)


def suggest(asked: optuna.Trial, name: str, searched: Range | list[Value]) -> Value:
    """A value of the parameter `name`, chosen by Optuna's sampler."""
    if isinstance(searched, list):
        chosen: Value = asked.suggest_categorical(name, searched)
        return chosen
    if searched.whole:
        return asked.suggest_int(name, int(searched.low), int(searched.high), log=searched.log)
    return asked.suggest_float(name, searched.low, searched.high, log=searched.log)


def judged(outcome: Outcome, space: Space) -> float:
    """The number that Optuna compares: the value, or its negative where a distance stands for a metric to maximise.

    A value that is not finite is the worst one. Raises UserError where the space's direction is not the metric's.
    """
    if outcome.metric == space.metric and outcome.higher_is_better and space.direction == "minimize":
        raise UserError(f"{space.metric}: more is better; set `direction: maximize` in the file of the search")
    sign = -1 if space.direction == "maximize" and outcome.metric != space.metric else 1
    worst = -math.inf if space.direction == "maximize" else math.inf
    return worst if outcome.value is None else sign * outcome.value
