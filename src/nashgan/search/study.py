"""A study of Optuna: where it lives, what belongs to it, and which trial comes next.

A trial that was interrupted, or that turned out promising after it was pruned, is added to the study once more and goes
on. `TRIAL` names the first one of such copies, `COPIES` the one before. So the copies are one trial to people.
"""

import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import optuna
from filelock import FileLock
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.samplers import TPESampler
from optuna.storages import RDBStorage, fail_stale_trials
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState, create_trial
from sqlalchemy.exc import SQLAlchemyError

from nashgan.records.paths import Paths
from nashgan.records.train_run import flat_params
from nashgan.runtime.errors import UserError
from nashgan.runtime.git import git_lines
from nashgan.runtime.randomness import derive_seed
from nashgan.search.space import Space
from nashgan.tracking.store import first_line, shown

HEARTBEAT = 10  # seconds between two signs of life of a worker
GRACE = 60  # seconds without one, after which another worker takes its trial
TRIAL, COPIES, MEASURED, ERROR = "trial", "copies", "measured", "error"  # attributes of a trial
SPACE, COMMIT, PARAMS = "space", "commit", "params"  # and of a study
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def address(paths: Paths, storage: str | None) -> str:
    """Where studies live: `storage`, or the SQLite file of the repository."""
    return storage or f"sqlite:///{paths.studies}"


@contextmanager
def one_line(url: str) -> Iterator[None]:
    """Turn what a database raises into a UserError of one line."""
    try:
        yield
    except (SQLAlchemyError, StorageInternalError) as error:
        raise _refusal(url, error.__cause__ or error) from error


def _refusal(url: str, error: BaseException) -> UserError:
    mend = "check the address of --storage, its server and its driver (psycopg2-binary for PostgreSQL)"
    return UserError(f"studies at {shown(url)}: {first_line(error)}; {mend}")


def open_storage(paths: Paths, url: str) -> RDBStorage:
    """The storage at `url`, created where it is missing: by one process of this machine at a time.

    Raises UserError where it cannot be opened, or another version of Optuna made it.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    paths.searches.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings(action="ignore", category=ExperimentalWarning), FileLock(paths.searches / ".lock"):
        patient = {"connect_args": {"timeout": GRACE}} if url.startswith("sqlite:") else {"pool_pre_ping": True}
        try:
            return RDBStorage(
                url,
                engine_kwargs=patient,
                heartbeat_interval=HEARTBEAT,
                grace_period=GRACE,
                heartbeat_stale_trial_callback=again,
            )
        except (SQLAlchemyError, ImportError, RuntimeError) as error:
            raise _refusal(url, error) from error


def begin_study(paths: Paths, storage: RDBStorage, name: str, space: Space, values: Mapping[str, Any]) -> Study:
    """The study `name`, a new one where there is none. `values` are those of params.yaml, section by section.

    Raises UserError where the study began with another space, other values or another commit, so that its trials could
    not be compared. `trials` alone may change.
    """
    if not NAME.fullmatch(name):
        raise UserError(f"{name}: no name of a study; use letters, digits, - and _, as in --study hinge-or-rpgan")
    (commit,) = git_lines(paths.root, "rev-parse", "HEAD")
    settled = space.model_dump(mode="json", exclude={"trials"})
    others = flat_params({name: section for name, section in values.items() if name != "compute"})
    with FileLock(paths.searches / ".lock"):
        study = optuna.create_study(storage=storage, study_name=name, direction=space.direction, load_if_exists=True)
        known = study.user_attrs
        if SPACE not in known:
            study.set_user_attr(COMMIT, commit)
            study.set_user_attr(PARAMS, others)
            study.set_user_attr(SPACE, settled)
    known = study.user_attrs
    if known[SPACE] != settled:
        differing = ", ".join(key for key in settled if known[SPACE].get(key) != settled[key])
        raise UserError(f"study {name}: it began with other settings ({differing}); name another one with --study")
    if known[PARAMS] != others:
        differing = ", ".join(key for key in others if known[PARAMS].get(key, others) != others[key])
        raise UserError(f"study {name}: it began with another params.yaml ({differing}); name another one with --study")
    if known[COMMIT] != commit:
        raise UserError(f"study {name}: it began on commit {known[COMMIT][:7]}; check it out, or name another --study")
    return study


def load_study(storage: RDBStorage, name: str) -> Study:
    """The study `name`. Raises UserError where there is none."""
    try:
        return optuna.load_study(study_name=name, storage=storage)
    except KeyError:
        names = ", ".join(optuna.get_all_study_names(storage)) or "none"
        raise UserError(f"study {name}: not found (known: {names}); `nashgan search` begins one") from None


def number_of(trial: FrozenTrial) -> int:
    """What people call the trial: the number of the first one of its copies."""
    return int(trial.user_attrs.get(TRIAL, trial.number))


def newest(trials: list[FrozenTrial]) -> list[FrozenTrial]:
    """Each trial once: of several copies the last, in the order of their names."""
    last = {number_of(trial): trial for trial in sorted(trials, key=lambda trial: trial.number)}
    return [last[number] for number in sorted(last)]


def again(study: Study, trial: FrozenTrial) -> None:
    """Add a copy of `trial` that waits for a worker. It goes on after the rungs that are measured."""
    copy = create_trial(
        state=TrialState.WAITING,
        params=trial.params,
        distributions=trial.distributions,
        user_attrs={**trial.user_attrs, TRIAL: number_of(trial), COPIES: trial.number},
        intermediate_values=trial.intermediate_values,
    )
    study.add_trial(copy)


def measured_at(trials: list[FrozenTrial], rung: int) -> list[float]:
    """The values of all trials at a rung; of a failed trial, too, because it was as good as this until then."""
    found = (trial.intermediate_values.get(rung) for trial in newest(trials))
    return [value for value in found if value is not None]


def goes_on(value: float, others: list[float], factor: int, maximize: bool) -> bool:
    """Whether a trial is promoted at a rung: asynchronous successive halving (Li et al., 2020, ASHA, algorithm 2).

    `others` are the values of all trials at this rung, with `value` among them. The best one of `factor` trials goes
    on, and at least one.
    """
    better = sum(other > value if maximize else other < value for other in others)
    return better < max(1, len(others) // factor)


def promising(study: Study, space: Space) -> FrozenTrial | None:
    """The pruned trial that is now among the best of its rung, at the highest such rung; None where there is none."""
    trials = study.get_trials(deepcopy=False)
    pruned = [trial for trial in newest(trials) if trial.state is TrialState.PRUNED]
    found: Mapping[int, FrozenTrial] = {
        rung: trial
        for trial in pruned
        if (rung := trial.last_step) is not None
        and goes_on(
            trial.intermediate_values[rung],
            measured_at(trials, rung),
            space.reduction_factor,
            space.direction == "maximize",
        )
    }
    return found[max(found)] if found else None


def next_trial(study: Study, space: Space) -> str:
    """What a worker does next: "begin" a trial, "wait" for the trials of others, or "end".

    Trials of workers that died wait again. The sampler is seeded by the number of trials, so it suggests the same
    whichever worker asks.
    """
    with warnings.catch_warnings(action="ignore", category=ExperimentalWarning):
        fail_stale_trials(study)
    trials = study.get_trials(deepcopy=False)
    states = [trial.state for trial in trials]
    begun = len(newest(trials))
    if TrialState.WAITING not in states and (found := promising(study, space)):
        again(study, found)
    elif TrialState.WAITING not in states and begun >= space.trials:
        return "wait" if TrialState.RUNNING in states else "end"
    seed = derive_seed(space.seed, "search", len(trials)) % 2**32  # what NumPy takes
    study.sampler = TPESampler(seed=seed)
    return "begin"
