"""``nashgan sync``: MLflow brought up to date with the workspace, every commit and every DVC experiment."""

import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from dvc.exceptions import DvcException  # type: ignore[import-untyped]
from dvc.repo import Repo  # type: ignore[import-untyped]
from mlflow.exceptions import MlflowException

from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError, no_space_is_user_error
from nashgan.runtime.files import read_json
from nashgan.runtime.progress import progress
from nashgan.tracking.model_versions import CHALLENGER, ensure_version, send_evaluation
from nashgan.tracking.run_from_files import ensure_run_in, read_record
from nashgan.tracking.store import Store, connect, one_line, shown
from nashgan.tracking.upload import TRAINING, find_run

LOCK, RECORD = "dvc.lock", "models/train_run.json"
HISTORY, SCORES = "reports/train/history.csv", "reports/train/fcd.csv"
EVALUATION, REGISTRATION, GENERATOR = "reports/evaluation.json", "reports/registry.json", "models/generator"
WANTED = {  # what is sent, a stage that must be current for it
    "train": (RECORD, HISTORY, SCORES, "reports/train/timeline"),
    "evaluate": (EVALUATION, "reports/samples", "reports/index.html"),
    "register": (GENERATOR, REGISTRATION),
}
MEND = "`dvc pull --all-commits` and `dvc exp pull` fetch what a remote has"

Stages = Mapping[str, Any]  # of a dvc.lock


@dataclass
class Sent:
    """What the store has now, and a line for each result that could not be sent."""

    trainings: set[str] = field(default_factory=set)
    new: set[str] = field(default_factory=set)
    versions: list[tuple[str, str]] = field(default_factory=list)  # model and version, the last sent last
    left_out: list[str] = field(default_factory=list)


def sync(paths: Paths) -> str:
    """Send what the store lacks; doing it twice changes nothing. Returns what happened.

    Results whose files are not in DVC's cache are named and left out. Raises UserError where the store cannot be
    reached.
    """
    store, sent = connect(paths), Sent()
    with one_line(store.uri), no_space_is_user_error(paths.mlflow_artifacts), store.as_default():
        results = _results(paths.root, sent.left_out)
        with progress("sync", len(results), unit="results") as advance:
            for result in results:
                with tempfile.TemporaryDirectory() as folder:
                    _send(store, result.written_to(Path(folder)), result.name, sent)
                advance(1)
        if paths.train_run.is_file():
            _send(store, paths, "workspace", sent, _current(_workspace_lock(paths.root)))
        _name_challengers(store, sent)
    told = f"{len(sent.trainings)} trainings, {len(sent.new)} of them new; {len(sent.versions)} model versions"
    return "\n".join([f"MLflow at {shown(store.uri)}: {told}", *(f"left out: {line}" for line in sent.left_out)])


def _send(store: Store, paths: Paths, name: str, sent: Sent, stages: set[str] | None = None) -> None:
    """Deliver what lies at `paths`, as far as it is there and its stages are current (None: known to be)."""
    try:
        record = read_record(paths)
        known = find_run(store, record.run_id, record.tags[TRAINING])
        if paths.evaluation.is_file() and (stages is None or "evaluate" in stages):
            run_id = send_evaluation(store, paths)
            if paths.registry.is_file() and paths.generator.is_dir() and (stages is None or "register" in stages):
                model = read_json(paths.registry, "run `dvc repro register`")["name"]
                version = model, str(ensure_version(store, paths, model).version)
                sent.versions = [*(other for other in sent.versions if other != version), version]
        else:
            run_id = ensure_run_in(store, paths, record)
    except UserError as error:  # one damaged result keeps no other back
        sent.left_out.append(f"{name}: {error}")
        return
    sent.trainings.add(run_id)
    if known is None:
        sent.new.add(run_id)


def _name_challengers(store: Store, sent: Sent) -> None:
    """Where no version is challenger, a new store say, the last one is: only `register` takes the name from another."""
    for model, version in reversed(sent.versions):
        try:
            store.client.get_model_version_by_alias(model, CHALLENGER)
        except MlflowException:
            store.client.set_registered_model_alias(model, CHALLENGER, version)


@dataclass(frozen=True)
class _Result:
    """What one or more revisions hold: paths with what git or DVC's cache has for them."""

    name: str  # of the experiment or commit
    files: dict[str, bytes | Path]

    def written_to(self, folder: Path) -> Paths:
        """A workspace with these files; copies, because MLflow follows no links."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, Path):
                shutil.copyfile(content, path)
            else:
                path.write_bytes(content)
        return Paths(folder)


def _results(root: Path, left_out: list[str]) -> list[_Result]:
    """One for each training with each of its evaluations, in the order of their commits."""
    cache = _Cache.of(root)
    found, seen = list[_Result](), set[tuple[str, ...]]()
    for revision, name in _revisions(root).items():
        try:
            stages = yaml.safe_load(_show(root, revision, LOCK) or b"")["stages"]
            outs = {out["path"]: out["md5"] for stage in stages.values() for out in stage.get("outs", ())}
            current = _current(stages)
        except (yaml.YAMLError, AttributeError, KeyError, TypeError, RecursionError):
            continue  # no lock file of a finished pipeline: there is no result
        wanted = [path for stage in WANTED if stage in current for path in WANTED[stage] if path in outs]
        identity = tuple(outs[path] for path in wanted)
        if RECORD not in wanted or identity in seen:
            continue
        seen.add(identity)
        files: dict[str, bytes | Path] = {}
        for path in wanted:
            files |= cache.files(path, outs[path]) or _tracked(root, revision, path, outs[path])
        if RECORD in files and HISTORY in files:
            found.append(_Result(name, files))
        else:
            left_out.append(f"{name}: {RECORD} is not in DVC's cache; {MEND}")
    return found


def _current(stages: Stages) -> set[str]:
    """The stages that ran on what those before them wrote last."""
    makers = {out["path"]: (name, out["md5"]) for name, stage in stages.items() for out in stage.get("outs", ())}

    def current(name: str) -> bool:
        made = [(dep, *makers[dep["path"]]) for dep in stages[name].get("deps", ()) if dep["path"] in makers]
        return all(dep["md5"] == written and current(maker) for dep, maker, written in made)

    return {name for name in stages if current(name)}


def _workspace_lock(root: Path) -> Stages:
    """The stages of dvc.lock whose outputs are what lies in the workspace; nothing where there is no such file."""
    try:
        stages = yaml.safe_load((root / LOCK).read_text(encoding="utf-8"))["stages"]
        outs = {out["path"]: out["md5"] for stage in stages.values() for out in stage.get("outs", ())}
        same = all(outs[path] == _md5((root / path).read_bytes()) for path in (RECORD, EVALUATION))
    except (OSError, ValueError, yaml.YAMLError, AttributeError, KeyError, TypeError):
        return {}
    return stages if same else {}


@dataclass(frozen=True)
class _Cache:
    """DVC's cache on this machine."""

    store: Any

    @classmethod
    def of(cls, root: Path) -> "_Cache":
        try:
            return cls(Repo(str(root)).cache.local)
        except DvcException as error:
            raise UserError(f"{root}: {' '.join(str(error).split())}; `nashgan sync` needs Git and DVC here") from error

    def files(self, path: str, md5: str) -> dict[str, bytes | Path]:
        """The file, or the files of the folder, by path in the workspace; nothing unless all are there."""
        cached = Path(self.store.oid_to_path(md5))
        if not cached.is_file():
            return {}
        if not md5.endswith(".dir"):
            return {path: cached}
        listed = json.loads(cached.read_bytes())
        parts = {f"{path}/{part['relpath']}": Path(self.store.oid_to_path(part["md5"])) for part in listed}
        return dict(parts) if all(part.is_file() for part in parts.values()) else {}


def _tracked(root: Path, revision: str, path: str, md5: str) -> dict[str, bytes | Path]:
    """The file as git has it, if it is the one that DVC saw."""
    content = _show(root, revision, path)
    return {path: content} if content is not None and _md5(content) == md5 else {}


def _revisions(root: Path) -> dict[str, str]:
    """All commits that changed dvc.lock, on any branch or of any experiment, oldest first, with their names.

    Those that `dvc exp show --all-commits` shows: what is stashed, by Git or by DVC's queue, is no result.
    """
    listed = _git(root, "for-each-ref", "--format=%(objectname) %(refname:lstrip=4)", "refs/exps") or b""
    names = dict(line.split(" ", 1) for line in listed.decode().splitlines() if " " in line)
    shown = ("--branches", "--remotes", "--tags", "--glob=refs/exps/??/*", "--ignore-missing", "HEAD")
    commits = _git(root, "log", *shown, "--full-history", "--date-order", "--reverse", "--format=%H", "--", LOCK)
    if commits is None:
        raise UserError(f"{root}: not a Git repository; `nashgan sync` reads commits and experiments from there")
    return {commit: names.get(commit, commit[:7]) for commit in commits.decode().split()}


def _show(root: Path, revision: str, path: str) -> bytes | None:
    return _git(root, "show", f"{revision}:{path}")


def _git(root: Path, *command: str) -> bytes | None:
    """Git's answer, None where it has none."""
    try:
        done = subprocess.run(("git", *command), cwd=root, capture_output=True, check=False, timeout=60)
    except FileNotFoundError:
        raise UserError("git: not found; install it, DVC keeps experiments there") from None
    return done.stdout if done.returncode == 0 else None


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
