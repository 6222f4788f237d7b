"""A trial as a DVC experiment: run in a temporary workspace, up to a rung or to the end, and read when it has ended."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from filelock import FileLock

from nashgan.comparison.results import Compared
from nashgan.records.dvc_lock import FILE, DvcLock, NotFinished
from nashgan.records.evaluation import Evaluation, Interval, parse_evaluation
from nashgan.records.headline import DISTANCES
from nashgan.records.metrics import parse_metrics
from nashgan.records.paths import Paths
from nashgan.records.record import Record
from nashgan.records.train_run import flat_params
from nashgan.runtime.errors import Interrupted, UserError
from nashgan.runtime.git import ask_git, git_lines
from nashgan.runtime.signals import stop_request
from nashgan.runtime.threads import SPINS
from nashgan.search.space import Value
from nashgan.tracking.lineage import FROM_ENVIRONMENT, STUDY, TRIAL
from nashgan.tracking.superseded import remove_superseded

_HERE = Paths(Path())  # paths as Git and DVC know them
EVALUATION, METRICS = _HERE.name(_HERE.evaluation), _HERE.name(_HERE.metrics)
CHOSEN = ("GOMP_SPINCOUNT", str(SPINS))  # by this program for a process alone on its cores
POLL = 0.1  # seconds between two looks at a running experiment


class TrialFailed(Exception):
    """The training failed or was refused, for the reason that its text says. Other trials can go on."""


@dataclass(frozen=True)
class Trial:
    """What DVC runs: the parameters of a trial, and where it ends."""

    study: str
    number: int
    params: Mapping[str, Value]
    until: int | None  # images of a rung; None: the whole training

    @property
    def name(self) -> str:
        """The name of the experiment."""
        return experiment_name(self.study, self.number)

    def overrides(self) -> list[str]:
        """What `dvc exp run --set-param` takes."""
        return [f"{name}={_written(value)}" for name, value in {**self.params, "train.until": self.until}.items()]


class Outcome(Record):
    """What was measured of a trial at a rung, or at its end."""

    metric: str
    value: float | None  # None: not finite
    interval: Interval | None
    protocol: str
    seconds: float | None  # of training, from its beginning
    higher_is_better: bool = False

    @property
    def compared(self) -> Compared:
        """As tables show it."""
        return Compared(self.value, self.protocol, interval=self.interval)


def experiment_name(study: str, number: int) -> str:
    """The name of the DVC experiment of a trial: ``losses-0007``."""
    return f"{study}-{number:04d}"


def run_trial(paths: Paths, trial: Trial, metric: str) -> Outcome:
    """Train the trial up to its rung or end, evaluate it, and return what was measured.

    An experiment of this name that has this end already is only read; one that ended earlier is replaced. A process of
    this machine that still computes the trial, whose worker was killed, is waited for. Raises TrialFailed, and
    Interrupted where a signal came.
    """
    paths.searches.mkdir(parents=True, exist_ok=True)
    with (paths.searches / f"{trial.name}.lock").open("w") as held, stop_request() as stop:
        while not _locked(held) and not stop.received:
            time.sleep(POLL)
        if stop.received:
            raise Interrupted(f"{stop.received.name}: stopped")
        if found := read_outcome(paths.root, trial, metric):
            return found
        ref = _ref(paths.root, trial.name)
        with _without(paths.root, ref) as replaced:
            _run(paths, trial, held)
            found = read_outcome(paths.root, trial, metric)
            if found is None:
                raise TrialFailed(f"the experiment {trial.name} has no evaluation")
        if replaced:
            remove_superseded(paths, trial.study, trial.number)
        return found


def read_outcome(root: Path, trial: Trial, metric: str) -> Outcome | None:
    """What the trial's experiment measured; None where there is none, or it ended elsewhere.

    Raises TrialFailed where neither `metric` nor a distance was measured, and UserError where the experiment is that of
    another trial.
    """
    ref = _ref(root, trial.name)
    content, lock, measures = (ask_git(root, "show", f"{ref}:{path}") for path in (EVALUATION, FILE, METRICS))
    if content is None or measures is None:
        return None
    try:
        params = flat_params(DvcLock.parse(lock or b"").params_of(EVALUATION, content))
    except NotFinished:
        return None
    if any(params.get(name, value) != value for name, value in trial.params.items()):  # of an earlier study
        raise UserError(
            f"{trial.name}: there is an experiment of this name with other parameters; "
            f"name another study with --study, or run `dvc exp remove {trial.name}`"
        )
    if params.get("train.until") != trial.until:
        return None
    try:
        found = parse_evaluation(content, f"{trial.name}: {EVALUATION}")
        seconds = parse_metrics(measures, f"{trial.name}: {METRICS}").get("seconds")
    except UserError as error:
        raise TrialFailed(str(error)) from None
    name = measured(found, metric, on_the_way=trial.until is not None)
    one = found[name]
    return Outcome(
        metric=name,
        value=one.value,
        interval=one.interval,
        protocol=one.protocol,
        seconds=seconds,
        higher_is_better=bool(one.higher_is_better),
    )


def measured(evaluation: Evaluation, metric: str, on_the_way: bool) -> str:
    """The name of the metric that a trial is judged by: `metric`, or at a rung without it the first distance.

    Raises TrialFailed where it was not measured.
    """
    others = [name for name in DISTANCES if name in evaluation] if on_the_way else []
    name = next((name for name in (metric, *others) if name in evaluation), None)
    if name is None:
        raise TrialFailed(f"{metric} was not measured (measured: {', '.join(evaluation)})")
    return name


def _run(paths: Paths, trial: Trial, held: IO[str]) -> None:
    """Run the experiment, with its output on standard error and in a file. Signals are passed on to it.

    It inherits the lock, so that it is known while it runs, whatever happens to this process.
    """
    sets = [part for override in trial.overrides() for part in ("-S", override)]
    command = [sys.executable, "-m", "dvc", "exp", "run", "--temp", "-n", trial.name, *sets]
    command += ["evaluate"] if trial.until is not None else []  # only whole trainings are registered
    log = paths.searches / f"{trial.name}.log"
    with stop_request() as stop, log.open("w") as written, log.open(errors="replace") as shown:
        with _alone_in_the_stash(paths) as taken:
            process = subprocess.Popen(
                command,
                cwd=paths.root,
                env=_environment(trial),
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                pass_fds=[held.fileno()],
                process_group=0,
            )
            while process.poll() is None and not taken():
                time.sleep(POLL)
        passed_on = False
        while process.poll() is None:
            if stop.received and not passed_on:
                os.killpg(process.pid, signal.SIGINT)  # DVC then removes its temporary workspace
                passed_on = True
            print(shown.read(), end="", file=sys.stderr, flush=True)
            time.sleep(POLL)
        print(shown.read(), end="", file=sys.stderr, flush=True)
    if process.returncode and stop.received:
        raise Interrupted(f"{stop.received.name}: stopped")
    if process.returncode:
        raise TrialFailed(_reason(log))


@contextmanager
def _alone_in_the_stash(paths: Paths) -> Iterator[Any]:
    """Let one experiment at a time begin: DVC hands over its parameters in one stash, and takes any that it finds.

    Yields a function that says whether DVC has taken them.
    """
    notes = paths.root / ".dvc" / "tmp" / "exps" / "run"
    with FileLock(paths.searches / "stash.lock"):
        before = set(notes.glob("*/*.json"))
        yield lambda: bool(set(notes.glob("*/*.json")) - before)


def _environment(trial: Trial) -> dict[str, str]:
    """This process's environment with the names of the trial. Stages choose themselves how their threads wait."""
    kept = {name: value for name, value in os.environ.items() if (name, value) != CHOSEN}
    python = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"  # stages run `python`
    known = {FROM_ENVIRONMENT[STUDY]: trial.study, FROM_ENVIRONMENT[TRIAL]: str(trial.number)}
    return kept | known | {"PATH": python, "PYTHONUNBUFFERED": "1"}  # what DVC says is shown at once


def _locked(held: IO[str]) -> bool:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _without(root: Path, ref: str) -> Iterator[bool]:
    """Take an experiment away, because DVC replaces none; put it back where the block fails. Yields whether it was."""
    before = (ask_git(root, "rev-parse", "--verify", "--quiet", ref) or b"").decode().strip()
    if before:
        git_lines(root, "update-ref", "-d", ref, before)
    try:
        yield bool(before)
    except BaseException:
        if before:
            git_lines(root, "update-ref", ref, before)
        raise


def _ref(root: Path, name: str) -> str:
    (commit,) = git_lines(root, "rev-parse", "HEAD")
    return f"refs/exps/{commit[:2]}/{commit[2:]}/{name}"


def _written(value: Value) -> str:
    """A value as the grammar of Hydra's overrides has it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        quoted = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{quoted}'"
    return repr(value)


def _reason(log: Path) -> str:
    """Why an experiment failed: our last line of error, else DVC's, else the last one."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for start in ("error: ", "ERROR: ") for line in lines if line.startswith(start)]
    first = [line for line in errors if line.startswith("error: ")]
    found = (first or errors or lines or ["it printed nothing"])[-1]
    return f"{found.removeprefix('error: ').removeprefix('ERROR: ')} (see {log})"
