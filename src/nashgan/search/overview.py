"""A study as `nashgan compare --study` and the end of a search show it."""

import math
import warnings
from collections.abc import Mapping
from typing import Any

import optuna
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState, create_trial

from nashgan.comparison.study import FINISHED, PRUNED, StudiedTrial, StudyOverview
from nashgan.records.paths import Paths
from nashgan.search.space import Space
from nashgan.search.study import ERROR, MEASURED, SPACE, address, load_study, newest, number_of, one_line, open_storage
from nashgan.search.trial import Outcome, experiment_name

STATES = {
    TrialState.COMPLETE: FINISHED,
    TrialState.PRUNED: PRUNED,
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}
FEWEST = 4  # trials that importances are computed from


def read_overview(paths: Paths, name: str, storage: str | None) -> StudyOverview:
    """The study `name`. Raises UserError where it is not known, or the storage cannot be reached."""
    url = address(paths, storage)
    with one_line(url):
        return of_study(load_study(open_storage(paths, url), name))


def of_study(study: Study) -> StudyOverview:
    """What is shown of a study."""
    space = Space.model_validate({**study.user_attrs[SPACE], "trials": 1})
    trials = newest(study.get_trials(deepcopy=False))
    compared, importances = _importances(space, trials)
    return StudyOverview(
        name=study.study_name,
        metric=space.metric,
        maximize=space.direction == "maximize",
        trials=[_shown(study.study_name, trial) for trial in sorted(trials, key=lambda one: _rank(one, space))],
        importances=importances,
        compared=compared,
        course=_course(trials, space),
    )


def _measured(trial: FrozenTrial) -> dict[int, Outcome]:
    """What was measured of a trial, by images seen, in rising order."""
    found: Mapping[str, Any] = trial.user_attrs.get(MEASURED, {})
    return {images: Outcome.model_validate(found[str(images)]) for images in sorted(map(int, found))}


def _shown(study: str, trial: FrozenTrial) -> StudiedTrial:
    found = _measured(trial)
    images, last = max(found.items(), default=(0, None), key=lambda item: item[0])
    return StudiedTrial(
        name=experiment_name(study, number_of(trial)),
        state=STATES[trial.state],
        params=trial.params,
        images=images,
        metric=last.metric if last else None,
        result=last.compared if last else None,
        seconds=last.seconds if last else None,
        error=trial.user_attrs.get(ERROR, ""),
    )


def _rank(trial: FrozenTrial, space: Space) -> tuple[int, int, float, int]:
    """Finished trials first, then those that saw more images, the better value first."""
    sign = -1 if space.direction == "maximize" else 1
    step = trial.last_step
    value = trial.value if trial.state is TrialState.COMPLETE else trial.intermediate_values.get(step or 0)
    order = list(STATES).index(trial.state)
    return order, -(step or 0) if order else 0, math.inf if value is None else sign * value, number_of(trial)


def _course(trials: list[FrozenTrial], space: Space) -> list[tuple[int, float]]:
    """The best value of the finished trials, against the images that all trials had seen when each of them ended."""
    choose = max if space.direction == "maximize" else min
    ended = [trial for trial in trials if trial.datetime_complete is not None]
    seen, best, course = 0, None, []
    for trial in sorted(ended, key=lambda one: one.datetime_complete.timestamp() if one.datetime_complete else 0.0):
        seen += max(_measured(trial), default=0)
        if trial.state is TrialState.COMPLETE and trial.value is not None and math.isfinite(trial.value):
            best = trial.value if best is None else choose(best, trial.value)
        if best is not None:
            course.append((seen, best))
    return course


def _importances(space: Space, trials: list[FrozenTrial]) -> tuple[str, dict[str, float]]:
    """How much of the variance each parameter explains (fANOVA, Hutter et al., 2014), at the first rung.

    All trials were measured there. Without rungs it is that of the final values. Empty where few were measured.
    """
    rung = space.rungs[0] if space.rungs else None
    what = space.metric if rung is None else f"the value after {rung:,} images"
    values = [(trial, trial.value if rung is None else trial.intermediate_values.get(rung)) for trial in trials]
    done = [
        create_trial(value=value, params=trial.params, distributions=trial.distributions)
        for trial, value in values
        if value is not None and math.isfinite(value)
    ]
    if len(done) < FEWEST or len({trial.value for trial in done}) == 1:
        return what, {}
    alone = optuna.create_study(direction=space.direction)
    alone.add_trials(done)
    with warnings.catch_warnings(action="ignore"):  # of a forest that has few trials
        return what, get_param_importances(alone, evaluator=FanovaImportanceEvaluator(seed=0))
