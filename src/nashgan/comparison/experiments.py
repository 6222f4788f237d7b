"""Rows from DVC: experiments, commits and the workspace, read at their revision without touching the workspace."""

import hashlib
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from dvc.api import DVCFileSystem  # type: ignore[import-untyped]
from dvc.exceptions import DvcException  # type: ignore[import-untyped]
from dvc_data.index import DataIndexDirError

from nashgan.comparison.results import Row, flat_params, images_a_second, parse_evaluation, parse_json
from nashgan.comparison.sample_row import strip
from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError
from nashgan.runtime.progress import progress

WORKSPACE = "workspace"
EVALUATION, METRICS, GRID = "reports/evaluation.json", "reports/train/metrics.json", "reports/samples/grid.png"
_LISTED = "%(objectname) %(refname)"
_REF = re.compile(r"refs/exps/(?P<head>[0-9a-f]{2})/(?P<tail>[0-9a-f]{38})/(?P<name>.+)")


class NotEvaluated(UserError):
    """There is no finished result: nothing is wrong, and there is nothing to compare."""


@dataclass
class Found:
    """Rows; a line for each result that is not there yet; the names that nothing answers to."""

    rows: list[Row] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Candidate:
    """Something that may hold a result. `revision` None is the workspace; `asked` has been named by the user."""

    name: str
    source: str
    revision: str | None
    asked: bool = False


def experiment_rows(paths: Paths, names: Sequence[str]) -> Found:
    """Rows of `names`: experiments, "workspace", and revisions, which bring the experiments based on them.

    Without names: the current commit, its experiments and the workspace. Raises UserError where a result that was named
    is not finished, or where files of a finished one are damaged or gone from DVC's cache.
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
        lock = yaml.safe_load(_read(files, candidate, "dvc.lock"))
        params = params_of_result(lock, evaluation)
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise NotEvaluated(f"{name}: {EVALUATION} does not come from a finished `dvc repro` ({error})") from error
    train = parse_json(measures, f"{name}: {METRICS}")
    seconds = train.get("seconds")
    return Row(
        name=name,
        source=candidate.source,
        params=flat_params(params),
        metrics=parse_evaluation(evaluation, f"{name}: {EVALUATION}"),
        seconds=seconds,
        img_s=images_a_second(train.get("images"), seconds),
        strip=strip(_read(files, candidate, GRID), f"{name}: {GRID}"),
    )


def params_of_result(lock: Mapping[str, Any], evaluation: bytes) -> dict[str, Any]:
    """The parameters that led to `evaluation`, from dvc.lock: params.yaml may have been edited since.

    Raises ValueError where the evaluation is another one, or a stage on the way to it has not run on what the stage
    before it wrote last.
    """
    stages = lock["stages"]
    makers = {out["path"]: (name, out["md5"]) for name, stage in stages.items() for out in stage.get("outs", ())}
    last, digest = makers[EVALUATION]
    if digest != hashlib.md5(evaluation, usedforsecurity=False).hexdigest():
        raise ValueError("it was changed after it")
    needed, todo = set(), [last]
    while todo:
        needed.add(name := todo.pop())
        for dependency in stages[name].get("deps", ()):
            maker, written = makers.get(dependency["path"], (None, None))
            if maker and dependency["md5"] != written:
                raise ValueError(f"stage {name} has not run since {maker} did")
            todo += [maker] if maker and maker not in needed else []
    used = [stages[name].get("params", {}).get("params.yaml", {}) for name in stages if name in needed]
    return {key: value for params in used for key, value in params.items()}


def _read(files: DVCFileSystem, candidate: Candidate, path: str) -> bytes:
    try:
        content: bytes = files.read_bytes(path)
    except (OSError, DvcException, DataIndexDirError) as error:
        fault = f"{candidate.name}: no {path}"
        if path != GRID:
            raise NotEvaluated(f"{fault}; run `dvc repro` there") from error
        if candidate.revision is None:
            raise NotEvaluated(f"{fault}; run `dvc checkout` or `dvc repro`") from error
        raise UserError(f"{fault} in DVC's cache; `dvc exp apply` it and run `dvc repro`, or remove it") from error
    return content


def based_on(root: Path, revision: str = "HEAD") -> tuple[Candidate, list[Candidate]]:
    """A commit, and the experiments based on it, the newest first. Raises UserError where Git does not tell."""
    commit, head = _git(root, "rev-parse", revision, "HEAD").split()
    branch = _git(root, "rev-parse", "--abbrev-ref", "HEAD").strip()
    name = branch if commit == head and branch != "HEAD" else commit[:7]
    first, *others = _with_experiments(root, name, commit)
    return first, others


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
        elif sha := _git(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", known=False).strip():
            based = _with_experiments(root, name, sha)
            candidates += based if len(based) > 1 else [Candidate(name, "commit", sha, asked=True)]
        else:
            unknown.append(name)
    return list({candidate.revision: candidate for candidate in candidates}.values())


def _with_experiments(root: Path, name: str, commit: str) -> list[Candidate]:
    based = [(known, sha) for baseline, known, sha in _experiments(root) if baseline == commit]
    return [Candidate(name, "commit", commit), *(Candidate(known, "experiment", sha) for known, sha in based)]


def _experiments(root: Path) -> list[tuple[str, str, str]]:
    """All experiments, the newest first: commit they are based on, name, own commit. Git knows without DVC's lock."""
    listed = _git(root, "for-each-ref", "--sort=-committerdate", f"--format={_LISTED}", "refs/exps").splitlines()
    parted = [(sha, _REF.fullmatch(ref)) for sha, ref in (line.split(" ", 1) for line in listed)]
    return [(match["head"] + match["tail"], match["name"], sha) for sha, match in parted if match]


def _git(root: Path, *command: str, known: bool = True) -> str:
    """Git's answer; empty where it has none and `known` is false."""
    try:
        done = subprocess.run(("git", *command), cwd=root, capture_output=True, text=True, check=known, timeout=60)
    except subprocess.TimeoutExpired:
        raise UserError(f"{root}: git {command[0]} does not answer; run `git status` there") from None
    except FileNotFoundError:
        raise UserError("git: not found; install it, DVC keeps experiments there") from None
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.splitlines() or ["failed"])[0]
        raise UserError(f"{root}: git {command[0]}: {reason}; this needs a repository with a commit") from error
    return done.stdout
