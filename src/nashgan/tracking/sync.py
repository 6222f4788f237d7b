"""``nashgan sync``: MLflow brought up to date with the workspace, every commit and every DVC experiment."""

import json
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dvc.exceptions import DvcException  # type: ignore[import-untyped]
from dvc.repo import Repo  # type: ignore[import-untyped]
from mlflow.exceptions import MlflowException

from nashgan.records.dvc_lock import FILE, DvcLock, NotFinished, md5, read_dvc_lock
from nashgan.records.paths import Paths
from nashgan.records.registration import read_registration
from nashgan.records.samples import CORRECTION
from nashgan.records.train_run import TRAINING, read_train_run
from nashgan.runtime.errors import UserError, no_space_is_user_error
from nashgan.runtime.git import ask_git
from nashgan.runtime.progress import progress
from nashgan.tracking.model_versions import CHALLENGER, ensure_version
from nashgan.tracking.run_from_files import ensure_run_in
from nashgan.tracking.run_results import send_evaluation
from nashgan.tracking.store import Store, connect, one_line, shown
from nashgan.tracking.upload import find_run

_HERE = Paths(Path())  # paths as Git and DVC know them
RECORD, HISTORY, EVALUATION = (_HERE.name(path) for path in (_HERE.train_run, _HERE.history, _HERE.evaluation))
WANTED = {  # what is sent, by the stage that must be current for it
    stage: tuple(map(_HERE.name, paths))
    for stage, paths in {
        "train": (_HERE.train_run, _HERE.history, _HERE.scores, _HERE.timeline),
        "evaluate": (_HERE.evaluation, _HERE.sample_figures, _HERE.report),
        "register": (_HERE.generator, _HERE.registration, _HERE.samples),
    }.items()
}
PARTS = {_HERE.name(_HERE.samples): f"{CORRECTION}/"}  # of a folder of which not everything is sent
MEND = "`dvc pull --all-commits` and `dvc exp pull` fetch what a remote has"


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
        place = paths.root / ".nashgan"  # inside the repository, where Git knows what a result is based on
        place.mkdir(exist_ok=True)
        with progress("sync", len(results), unit="results") as advance:
            for result in results:
                with tempfile.TemporaryDirectory(dir=place) as folder:
                    _send(store, result.written_to(Path(folder)), result.name, sent)
                advance(1)
        if paths.train_run.is_file():
            _send(store, paths, "workspace", sent, _workspace_stages(paths))
        _name_challengers(store, sent)
    told = f"{len(sent.trainings)} trainings, {len(sent.new)} of them new; {len(sent.versions)} model versions"
    return "\n".join([f"MLflow at {shown(store.uri)}: {told}", *(f"left out: {line}" for line in sent.left_out)])


def _send(store: Store, paths: Paths, name: str, sent: Sent, stages: set[str] | None = None) -> None:
    """Deliver what lies at `paths`, as far as it is there and its stages are current (None: known to be)."""
    try:
        record = read_train_run(paths.train_run)
        known = find_run(store, record.run_id, record.tags[TRAINING])
        if paths.evaluation.is_file() and (stages is None or "evaluate" in stages):
            run_id = send_evaluation(store, paths)
            if paths.registration.is_file() and paths.generator.is_dir() and (stages is None or "register" in stages):
                model = read_registration(paths.registration).name
                version = model, str(ensure_version(store, paths, model).version)
                sent.versions = [*(other for other in sent.versions if other != version), version]
        else:
            run_id = ensure_run_in(store, paths, record)
    except UserError as error:  # the other results are sent all the same
        sent.left_out.append(f"{name}: {error}")
        return
    sent.trainings.add(run_id)
    if known is None:
        sent.new.add(run_id)


def _name_challengers(store: Store, sent: Sent) -> None:
    """Make the last version challenger where none is, as in a new store. Only `register` moves the alias."""
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
    """A result for each training with each of its evaluations, in the order of their commits."""
    cache = _Cache.of(root)
    found, seen = list[_Result](), set[tuple[str, ...]]()
    for revision, name in _revisions(root).items():
        try:
            lock = DvcLock.parse(_show(root, revision, FILE) or b"")
        except NotFinished:
            continue  # no lock file of a finished pipeline: there is no result
        outs, current = lock.outputs, lock.current()
        wanted = [path for stage in WANTED if stage in current for path in WANTED[stage] if path in outs]
        identity = tuple(outs[path] for path in wanted)
        if RECORD not in wanted or identity in seen:
            continue
        seen.add(identity)
        files: dict[str, bytes | Path] = {}
        for path in wanted:
            files |= cache.files(path, outs[path], PARTS.get(path, "")) or _tracked(root, revision, path, outs[path])
        if RECORD in files and HISTORY in files:
            found.append(_Result(name, files))
        else:
            left_out.append(f"{name}: {RECORD} is not in DVC's cache; {MEND}")
    return found


def _workspace_stages(paths: Paths) -> set[str]:
    """The current stages of dvc.lock, if their outputs are what lies in the workspace; nothing where there is none."""
    try:
        lock = read_dvc_lock(paths.root)
        outs = lock.outputs
        same = all(outs[paths.name(path)] == md5(path.read_bytes()) for path in (paths.train_run, paths.evaluation))
    except (OSError, KeyError, NotFinished):
        return set()
    return lock.current() if same else set()


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

    def files(self, path: str, digest: str, part: str = "") -> dict[str, bytes | Path]:
        """The file, or the files of the folder, by path in the workspace; nothing unless all are there.

        Of a folder only files whose path in it begins with `part`.
        """
        cached = Path(self.store.oid_to_path(digest))
        if not cached.is_file():
            return {}
        if not digest.endswith(".dir"):
            return {path: cached}
        listed = json.loads(cached.read_bytes())
        wanted = [file for file in listed if file["relpath"].startswith(part)]
        found = {f"{path}/{file['relpath']}": Path(self.store.oid_to_path(file["md5"])) for file in wanted}
        return dict(found) if all(file.is_file() for file in found.values()) else {}


def _tracked(root: Path, revision: str, path: str, digest: str) -> dict[str, bytes | Path]:
    """The file as git has it, if it is the one that DVC saw."""
    content = _show(root, revision, path)
    return {path: content} if content is not None and md5(content) == digest else {}


def _revisions(root: Path) -> dict[str, str]:
    """All commits that changed dvc.lock, on any branch or of any experiment, oldest first, with their names.

    Those that `dvc exp show --all-commits` shows: what is stashed, by Git or by DVC's queue, is no result.
    """
    listed = ask_git(root, "for-each-ref", "--format=%(objectname) %(refname:lstrip=4)", "refs/exps") or b""
    names = dict(line.split(" ", 1) for line in listed.decode().splitlines() if " " in line)
    shown = ("--branches", "--remotes", "--tags", "--glob=refs/exps/??/*", "--ignore-missing", "HEAD")
    commits = ask_git(root, "log", *shown, "--full-history", "--date-order", "--reverse", "--format=%H", "--", FILE)
    if commits is None:
        raise UserError(f"{root}: not a Git repository; `nashgan sync` reads commits and experiments from there")
    return {commit: names.get(commit, commit[:7]) for commit in commits.decode().split()}


def _show(root: Path, revision: str, path: str) -> bytes | None:
    return ask_git(root, "show", f"{revision}:{path}")
