"""Rows from DVC: experiments, commits and the workspace. They are read from Git and DVC's cache, without a checkout."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dvc.api import DVCFileSystem  # type: ignore[import-untyped]
from dvc.exceptions import DvcException  # type: ignore[import-untyped]
from dvc_data.index import DataIndexDirError

from nashgan.comparison.results import Row, comparable_params, compared
from nashgan.comparison.sample_row import first_row
from nashgan.records.dvc_lock import FILE, DvcLock, NotFinished
from nashgan.records.evaluation import parse_evaluation
from nashgan.records.metrics import SPEED, parse_metrics
from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError
from nashgan.runtime.git import ask_git, git_lines
from nashgan.runtime.progress import progress

WORKSPACE = "workspace"
_HERE = Paths(Path())  # paths as Git and DVC know them
EVALUATION, METRICS, PICTURE = map(_HERE.name, (_HERE.evaluation, _HERE.metrics, _HERE.sample_picture))
_LISTED = "%(objectname) %(refname)"
_REF = re.compile(r"refs/exps/(?P<head>[0-9a-f]{2})/(?P<tail>[0-9a-f]{38})/(?P<name>.+)")


class NotEvaluated(UserError):
    """There is no finished result to compare. This is not an error unless the user named the result."""


@dataclass
class Found:
    """The rows, a line for each result that does not exist yet, and the names that are not known."""

    rows: list[Row] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Candidate:
    """A place that may hold a result. `revision` is None for the workspace. `asked`: the user named it."""

    name: str
    source: str
    revision: str | None
    asked: bool = False


def experiment_rows(paths: Paths, names: Sequence[str]) -> Found:
    """Rows of `names`: experiments, "workspace", and revisions together with the experiments based on them.

    Without names: the current commit, its experiments and the workspace. Raises UserError where a named result is not
    finished, or where files of a finished result are damaged or missing in DVC's cache.
    """
    found = Found()
    candidates = _named(paths.root, names, found.unknown) if names else _current(paths.root)
    with progress("read results", len(candidates), unit="results") as advance:
        for candidate in candidates:
            try:
                found.rows.append(read_row(paths.root, candidate))
            except NotEvaluated as nothing:
                if candidate.asked:
                    raise
                found.left_out.append(str(nothing))
            advance(1)
    return found


def read_row(root: Path, candidate: Candidate) -> Row:
    """The result of one candidate. Raises NotEvaluated where there is none."""
    name = candidate.name
    try:
        files = DVCFileSystem(str(root), rev=candidate.revision)
    except DvcException as error:
        raise UserError(f"{name}: {' '.join(str(error).split())}; `nashgan compare` needs Git and DVC here") from error
    evaluation, measures = (_read(files, candidate, path) for path in (EVALUATION, METRICS))
    try:
        params = DvcLock.parse(_read(files, candidate, FILE)).params_of(EVALUATION, evaluation)
    except NotFinished as error:
        raise NotEvaluated(f"{name}: {EVALUATION} does not come from a finished `dvc repro` ({error})") from error
    table = parse_metrics(measures, f"{name}: {METRICS}")
    return Row(
        name=name,
        source=candidate.source,
        params=comparable_params(params),
        metrics=compared(parse_evaluation(evaluation, f"{name}: {EVALUATION}")),
        seconds=table.get("seconds"),
        img_s=table.get(SPEED),
        first_samples=first_row(_read(files, candidate, PICTURE), f"{name}: {PICTURE}"),
    )


def _read(files: DVCFileSystem, candidate: Candidate, path: str) -> bytes:
    try:
        content: bytes = files.read_bytes(path)
    except (OSError, DvcException, DataIndexDirError) as error:
        raise NotEvaluated(f"{candidate.name}: no {path}; run `dvc repro` there") from error
    return content


def based_on(root: Path, revision: str = "HEAD") -> tuple[Candidate, list[Candidate]]:
    """A commit, and the experiments based on it, the newest first. Raises UserError where Git fails."""
    commit, head = git_lines(root, "rev-parse", revision, "HEAD")
    (branch,) = git_lines(root, "rev-parse", "--abbrev-ref", "HEAD")
    name = branch if commit == head and branch != "HEAD" else commit[:7]
    first, *others = _with_experiments(root, name, commit)
    return first, others


def known_experiments(root: Path, names: Sequence[str]) -> list[str]:
    """Those of `names` that are experiments based on the current commit. Raises UserError without Git."""
    (head,) = git_lines(root, "rev-parse", "HEAD")
    own = {known for baseline, known, _ in _experiments(root) if baseline == head}
    return [name for name in names if name in own]


def _current(root: Path) -> list[Candidate]:
    commit, experiments = based_on(root)
    return [commit, *experiments, Candidate(WORKSPACE, WORKSPACE, None)]


def _named(root: Path, names: Sequence[str], unknown: list[str]) -> list[Candidate]:
    experiments = _experiments(root)
    candidates: list[Candidate] = []
    for name in names:
        same = [(baseline, sha) for baseline, known, sha in experiments if name in (known, sha)]
        if name == WORKSPACE:
            candidates.append(Candidate(WORKSPACE, WORKSPACE, None, asked=True))
        elif same:
            shown = [name if len(same) == 1 else f"{name} of {baseline[:7]}" for baseline, _ in same]
            candidates += [Candidate(s, "experiment", sha, True) for s, (_, sha) in zip(shown, same, strict=True)]
        elif sha := ask_git(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"):
            commit = sha.decode().strip()
            based = _with_experiments(root, name, commit)
            candidates += based if len(based) > 1 else [Candidate(name, "commit", commit, asked=True)]
        else:
            unknown.append(name)
    return list({candidate.revision: candidate for candidate in candidates}.values())


def _with_experiments(root: Path, name: str, commit: str) -> list[Candidate]:
    based = [(known, sha) for baseline, known, sha in _experiments(root) if baseline == commit]
    return [Candidate(name, "commit", commit), *(Candidate(known, "experiment", sha) for known, sha in based)]


def _experiments(root: Path) -> list[tuple[str, str, str]]:
    """All experiments, the newest first: commit they are based on, name, own commit. Reading Git needs no DVC lock."""
    listed = git_lines(root, "for-each-ref", "--sort=-committerdate", f"--format={_LISTED}", "refs/exps")
    parted = [(sha, _REF.fullmatch(ref)) for sha, ref in (line.split(" ", 1) for line in listed)]
    return [(match["head"] + match["tail"], match["name"], sha) for sha, match in parted if match]
