"""``nashgan doctor`` checks what the pipeline needs. For each fault, a line says how to correct it."""

import importlib
import json
import os
import platform
import shutil
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Thread

from nashgan.data.params import DataParams
from nashgan.params import Params, load_params
from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError

PACKAGES = (
    "torch",
    "torchvision",
    "mlflow",
    "dvc",
    "mlxtend",
    "safetensors",
)  # they are imported, because an installed version may still fail to import
PATIENCE = 10.0  # seconds for a server or remote to answer
SPACE = 2 * 10**9  # bytes that must be free: data, cache and checkpoints of a few experiments


class NotChecked(Exception):
    """A check that another fault makes impossible, or whose result only the pipeline itself can show."""


def examine(paths: Paths, as_json: bool = False) -> int:
    """Print a line for each check, or all of them as JSON. Returns 1 where something would fail, else 0."""
    checked: list[dict[str, str]] = []
    params, broken = None, False
    for name, check in CHECKS.items():
        try:
            if name == "params":
                params = load_params(paths.params)
            mark, text = "ok", check(paths, params)
        except UserError as error:
            mark, text = "FAULT", str(error)
            broken |= name == "packages"
        except NotChecked as unknown:
            mark, text = "-", str(unknown)
        except Exception as error:  # the other checks still run
            fault = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
            mark, text = ("-", "not checked: a package is broken") if broken else ("FAULT", f"{fault}; {REINSTALL}")
        checked.append({"check": name, "mark": mark, "text": text})
        if not as_json:
            print(f"{mark:5}  {name:8}  {text}", flush=True)
    faults = sum(one["mark"] == "FAULT" for one in checked)
    if as_json:
        print(json.dumps(checked, indent=2))
    else:
        print(f"{faults} fault{'s' if faults != 1 else ''}" if faults else "nothing is wrong")
    return 1 if faults else 0


REINSTALL = "install the pinned packages again: `make clean`, then `make repro`"


def _packages(paths: Paths, params: Params | None) -> str:
    for name in PACKAGES:
        try:
            importlib.import_module(name)
        except Exception as error:  # a wrong build fails in many ways
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            if name == "torchvision":
                reason += f" (torch {_version('torch')}, torchvision {_version(name)}: both must be of the same build)"
            raise UserError(f"{name} cannot be imported: {reason}; {REINSTALL}") from error
    found = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    return f"python {platform.python_version()}, nashgan {_version('nashgan')}, {found}"


def _params(paths: Paths, params: Params | None) -> str:
    return "params.yaml is valid"


def _device(paths: Paths, params: Params | None) -> str:
    import torch

    from nashgan.runtime.device import pick_device

    known, cores = _known(params), _cores()
    device = pick_device(known.compute, known.train.precision)
    threads = torch.get_num_threads()
    if threads > cores:
        raise UserError(f"{threads} threads on {cores} cores slow each other down; set OMP_NUM_THREADS={cores} or less")
    return f"{device.described}; {cores} cores"


def _dataset(paths: Paths, params: Params | None) -> str:
    from nashgan.data.source import anchored

    data = _known(params).data
    if data.root is not None and not anchored(data.root, paths.root).is_dir():
        raise UserError(f"params.yaml: data.root: {data.root} is not a folder; correct it or set null")
    found = [_one_dataset(paths, paths.raw, data)]
    if data.other:
        found.append(_one_dataset(paths, paths.other_raw, data.model_copy(update={"name": data.other})))
    return "; ".join(found)


def _one_dataset(paths: Paths, folder: Path, data: DataParams) -> str:
    from nashgan.data import DATASETS
    from nashgan.data.source import Dataset
    from nashgan.records.raw import read_manifest
    from nashgan.spaces import space_of

    if folder.is_dir() and read_manifest(folder).source["name"] == data.name:
        return f"{data.name} is in {paths.name(folder)}"
    dataset: Dataset = DATASETS[data.name].load()
    if dataset.needs_no_download(data):
        source = dataset.load(data, paths.root)
        return f"{data.name}: {source.count:,} {space_of(source.format).plural}"
    raise NotChecked(
        f"{data.name} is not in {paths.name(folder)}; `dvc repro download` takes it from data.root, mirrors or its "
        "hosts"
    )


def _weights(paths: Paths, params: Params | None) -> str:
    import requests
    from pytorch_fid.inception import FID_WEIGHTS_URL

    from nashgan.data.fetch import cached_path
    from nashgan.features.inception import MEND, OFFICIAL, installed_weights, read_weights

    given = _known(params).evaluate.inception_weights
    path = paths.root / given if given else installed_weights() or cached_path(OFFICIAL)
    if given or path.is_file():
        read_weights(path)
        return f"Inception weights: {path}"
    try:
        requests.head(FID_WEIGHTS_URL, timeout=PATIENCE, allow_redirects=True).raise_for_status()
    except requests.RequestException as error:
        raise UserError(f"no Inception weights here, and they cannot be downloaded; {MEND}") from error
    raise NotChecked("Inception weights are not here yet; `dvc repro evaluate` fetches them")


def _store(paths: Paths, params: Params | None) -> str:
    from sqlalchemy.engine import make_url

    from nashgan.tracking.store import connect, is_local, shown, tracking_uri

    uri = tracking_uri(paths)
    if is_local(uri) and not (file := Path(make_url(uri).database or "")).exists():
        _writable(file.parent)
        return f"MLflow: {file} does not exist yet and will be created"
    os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"], os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = (
        f"{PATIENCE / 2:.0f}",
        "0",
    )
    connect(paths)
    return f"MLflow at {shown(uri)} answers, and its schema fits"


def _dvc(paths: Paths, params: Params | None) -> str:
    from dvc.exceptions import DvcException  # type: ignore[import-untyped]
    from dvc.repo import Repo  # type: ignore[import-untyped]

    if shutil.which("git") is None:
        raise UserError("git is not installed; install it, DVC keeps experiments there")
    try:
        repo = Repo(str(paths.root))
        if not repo.config["core"].get("remote"):
            return "no remote: results stay on this machine; `dvc remote add -d NAME URL` names one"
        remote = repo.cloud.get_remote()
    except DvcException as error:
        raise UserError(f"DVC: {' '.join(str(error).split())}; see `dvc remote list`, `dvc init`") from error
    faults: list[str] = []
    answered = Thread(target=_ask, args=(remote.fs, remote.path, faults), daemon=True)
    answered.start()
    answered.join(PATIENCE)
    if answered.is_alive():
        faults.append(f"no answer in {PATIENCE:.0f} s")
    if faults:
        raise UserError(f"DVC remote {remote.name} ({remote.path}): {faults[0]}; correct it with `dvc remote modify`")
    return f"remote {remote.name} ({remote.path}) answers"


def _disk(paths: Paths, params: Params | None) -> str:
    for folder in (paths.root, paths.home):
        _writable(folder)
    free = shutil.disk_usage(paths.home).free
    if free < SPACE:
        raise UserError(f"{free / 1e9:.1f} GB free at {paths.home}; free {SPACE / 1e9:.0f} GB, or `dvc gc --workspace`")
    return f"{free / 1e9:.1f} GB free"


Check = Callable[[Paths, Params | None], str]
CHECKS: dict[str, Check] = {
    "packages": _packages,
    "params": _params,
    "device": _device,
    "dataset": _dataset,
    "weights": _weights,
    "store": _store,
    "dvc": _dvc,
    "disk": _disk,
}


def _cores() -> int:
    """How many cores this process may use, where the system tells; else all."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _known(params: Params | None) -> Params:
    if params is None:
        raise NotChecked("not checked: params.yaml is broken")
    return params


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "of unknown version"


def _writable(folder: Path) -> None:
    if not os.access(folder, os.W_OK):
        raise UserError(f"{folder}: not writable; change its owner or its mode")


def _ask(fs: object, path: str, faults: list[str]) -> None:
    try:
        fs.exists(path)  # type: ignore[attr-defined]
    except Exception as error:  # each kind of remote has its own
        faults.append(f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}")
