"""Who is champion, and generators by name."""

import hashlib
import re
import shutil
import tempfile
from pathlib import Path

import mlflow
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from nashgan.records.headline import DISTANCES
from nashgan.records.paths import Paths
from nashgan.records.weights import CONFIG
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import atomic_folder
from nashgan.tracking.model_versions import CHALLENGER, protocol_tag, records
from nashgan.tracking.revisions import fetch_revision
from nashgan.tracking.serving import ARTIFACT
from nashgan.tracking.store import connect, one_line

CHAMPION = "champion"
IMAGES = "fid"  # the metric that versions of images carry


def promote(paths: Paths, name: str, version: str | None = None, force: bool = False) -> str:
    """Give the alias champion to `version` (default: the challenger) of the registered model `name`.

    It moves only to a version with a lower FID under the same protocol, unless `force`. Returns a line that says what
    happened. Raises UserError where the version is unknown, not better, or not comparable.
    """
    store = connect(paths)
    client = store.client
    with one_line(store.uri), store.exclusive():
        candidate = _by_alias(client, name, CHALLENGER) if version is None else _by_number(client, name, version)
        if candidate is None:
            raise UserError(f"{name}: no version is {CHALLENGER}; run `dvc repro register`, or name a version")
        champion = _by_alias(client, name, CHAMPION)
        if champion is not None and champion.version == candidate.version:
            return f"version {champion.version} of {name} is champion already ({_score(champion)})"
        if champion is not None and not force:
            _require_better(name, candidate, champion)
        client.set_registered_model_alias(name, CHAMPION, candidate.version)
    before = f"; before: version {champion.version} ({_score(champion)})" if champion else ""
    return f"version {candidate.version} of {name} is champion ({_score(candidate)}){before}"


def resolve_generator(source: str, paths: Paths | None = None) -> Path:
    """The generator folder that `source` names.

    It is a folder, ``models:/nashgan@champion``, ``models:/nashgan/3``, or a revision: a commit, a branch, a tag or a
    DVC experiment. A registered model is fetched from the store of the workspace `paths` (default: the one around the
    working directory) into .nashgan/models, and what a revision has is fetched from DVC's cache. Raises UserError where
    there is no such model.
    """
    if not source.startswith("models:"):
        folder, paths = Path(source), paths or _workspace()
        if not folder.is_dir() and paths is not None and folder != Paths(Path()).generator:
            return fetch_revision(paths, source).generator
        if not (folder / CONFIG).is_file():
            raise UserError(f"{source}: no generator there; run `dvc repro train`, or name the folder of another one")
        return folder
    match = re.fullmatch(r"models:/([^/:@]+)(?:@([^/:@]+)|/([0-9]+))", source)
    if match is None:
        raise UserError(f"{source}: must be like models:/nashgan@champion or models:/nashgan/3")
    name, alias, number = match.groups()
    paths = paths or Paths.find()
    store = connect(paths)
    with one_line(store.uri):
        found = _by_alias(store.client, name, alias) if alias else _by_number(store.client, name, number)
        if found is None:
            raise UserError(f"{source}: no version of {name} has the alias {alias}; see `make ui`")
        place = hashlib.sha256(f"{store.uri} {found.source}".encode()).hexdigest()[:12]  # a new store counts from 1
        folder = paths.home / ".nashgan" / "models" / f"{name}-{found.version}-{place}"
        if not folder.is_dir():
            with store.as_default(), atomic_folder(folder) as filled:
                _fetch(store.client, found, filled)
    return folder


def _workspace() -> Paths | None:
    """The workspace around the working directory; None outside of one."""
    try:
        return Paths.find()
    except UserError:
        return None


def _fetch(client: MlflowClient, version: ModelVersion, folder: Path) -> None:
    """Fill a generator folder with the files of a version, and with the records of its training and evaluation."""
    uris = [f"models:/{version.name}/{version.version}/artifacts/{ARTIFACT}"]
    if version.run_id:
        kept = client.list_artifacts(version.run_id, records(version))
        uris += [f"runs:/{version.run_id}/{file.path}" for file in kept]
    with tempfile.TemporaryDirectory() as temporary:
        for uri in uris:
            fetched = Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=temporary))
            if fetched.is_dir():
                shutil.copytree(fetched, folder, dirs_exist_ok=True)
            else:
                shutil.copyfile(fetched, folder / fetched.name)


def _by_alias(client: MlflowClient, name: str, alias: str) -> ModelVersion | None:
    try:
        return client.get_model_version_by_alias(name, alias)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def _by_number(client: MlflowClient, name: str, number: str) -> ModelVersion:
    try:
        return client.get_model_version(name, number)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise UserError(f"{name}: there is no version {number}; see `make ui`") from None
        raise


def _require_better(name: str, candidate: ModelVersion, champion: ModelVersion) -> None:
    hint = "`--force` promotes it anyway"
    both = f"version {candidate.version} ({_score(candidate)}) and champion {champion.version} ({_score(champion)})"
    name_ours, name_theirs = _selected(candidate), _selected(champion)
    ours, theirs = candidate.tags.get(protocol_tag(name_ours)), champion.tags.get(protocol_tag(name_theirs))
    if ours is None or theirs is None or ours != theirs:
        raise UserError(f"{name}: {both} cannot be compared: protocols {ours} and {theirs}; {hint}")
    if float(candidate.tags[name_ours]) >= float(champion.tags[name_theirs]):
        raise UserError(f"{name}: version {candidate.version} is not better: {both}; {hint}")


def _score(version: ModelVersion) -> str:
    name = _selected(version)
    if name not in version.tags:
        return f"no {name}"
    value = float(version.tags[name])
    return f"{name} {value:.2f}" if name == IMAGES else f"{name} {value:.4g}"


def _selected(version: ModelVersion) -> str:
    """The metric whose value the version carries as a tag; that of images where it carries none."""
    return next((name for name in DISTANCES if name in version.tags), IMAGES)
