"""For tests of tracking: a workspace as the stages before `register` leave it, and real MLflow servers."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import requests
import torch
from PIL import Image
from record_files import train_run

from nashgan.models.config import ModelConfig, build_generator
from nashgan.models.generator import load_generator, save_generator
from nashgan.records.history import write_history, write_scores
from nashgan.records.paths import Paths
from nashgan.records.train_run import TRAINING, Dataset, write_train_run
from nashgan.runtime.files import write_json
from nashgan.spaces.image import ImageSpace

COLUMNS = (
    "images",
    "d_loss",
    "g_loss",
    "d_ordered",
    "d_real",
    "d_fake",
    "grad_norm_d",
    "grad_norm_g",
    "lr_d",
    "lr_g",
    "img_s",
)
PARAMS: dict[str, dict[str, Any]] = {
    "data": {"name": "mnist5k", "mirror": [], "channels": None},
    "model": {"name": "mlp"},
    "objective": {"loss": "non_saturating"},
    "train": {"images": 6400, "lr_generator": 0.0002},
}
DIGEST = "0123456789abcdef" * 4
DATASET = Dataset(name="mnist5k", digest=DIGEST, count=4000)


def history_row(step: int) -> dict[str, float]:
    return {name: step if name == "images" else 1 / (step + place) for place, name in enumerate(COLUMNS)}


def write_evaluation(paths: Paths, fid: float, protocol: str = "inception-6726825d, 2000 of train") -> None:
    measured = {"floor": 5.5, "samples": 2000, "versions": "nashgan 0.1.0"}
    fcd = {"value": fid / 1000, "protocol": "classifier-abcdef12, 2000 of train"}
    write_json(paths.evaluation, {"fid": {"value": fid, "protocol": protocol, **measured}, "fcd": {**fcd, **measured}})


def fill_workspace(root: Path, seed: int = 0, run_id: str | None = None, uid: str | None = None) -> Paths:
    """What train, generate and evaluate write, for an mlp generator with weights from `seed`."""
    paths = Paths(root)
    config = ModelConfig(name="mlp", examples=ImageSpace(1, 28, 28).format, latent=8, width=8)
    torch.manual_seed(seed)
    generator = build_generator(config)
    save_generator(paths.generator, config, generator, generator)
    rows = [history_row(step) for step in (3200, 6400)]
    write_history(paths.history, rows)
    write_scores(paths.scores, [])
    paths.timeline.mkdir(parents=True, exist_ok=True)
    for step in (0, 3200, 6400):
        Image.fromarray(np.full((32, 32), step % 251, np.uint8)).save(paths.timeline / f"{step:09d}.png")
    lineage = {"mlflow.source.git.commit": "c" * 40, "mlflow.source.git.dirty": "false", "dvc.experiment": "bold-idea"}
    tags = {TRAINING: uid or f"training-{seed}", **lineage}
    sha256 = load_generator(paths.generator).sha256
    record = train_run(PARAMS, run_id=run_id, tags=tags, dataset=DATASET, generator=sha256)
    write_train_run(paths.train_run, record)
    write_evaluation(paths, 25.0)
    return paths


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], address: str, log: Path, env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server in a process group of its own. The block begins when `address` answers with 200."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env={**os.environ, **env}, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        deadline = time.monotonic() + 240
        while not _answers(address):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield process
    finally:
        end(process)


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=1).status_code == 200
    except requests.RequestException:
        return False


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a server with its workers."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def mlflow_server(folder: Path, port: int, backend: str | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A real `mlflow server` with its store in `folder`, or in the database `backend`."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", backend or f"sqlite:///{folder}/server.db"]
    command += ["--artifacts-destination", f"{folder}/artifacts"]
    env = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}  # nothing here needs its second process
    with running(command, f"http://127.0.0.1:{port}/health", folder / "log", env) as process:
        yield process
