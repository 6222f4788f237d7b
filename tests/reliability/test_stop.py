"""A signal stops a training with a checkpoint; no two processes train the same; DVC commits only complete results."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from workspaces import environment, ready_to_train

from nashgan.records.paths import Paths

TRAIN = [sys.executable, "-m", "nashgan", "train"]
LONG = {"images": 4_000_000, "log_every": 4000, "sample_every": 40_000, "checkpoint_every": 800}
STAGE = """\
stages:
  train:
    cmd: python -m nashgan train
    deps: [data/splits]
    params: [model, objective, train]
    outs: [models/generator, models/discriminator, models/train_run.json, reports/train]
"""


@contextmanager
def started(root: Path, *command: str, until: int) -> Iterator[subprocess.Popen[str]]:
    """A process group in the workspace, from its first checkpoint of more than `until` images on."""
    process = subprocess.Popen(
        command, cwd=root, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
    )
    try:
        deadline = time.monotonic() + 120
        while newest(root) <= until:
            assert process.poll() is None and time.monotonic() < deadline, process.communicate()[1]
            time.sleep(0.03)
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def newest(root: Path) -> int:
    notes = (path.stem for path in root.glob(".nashgan/checkpoints/*/0*.json"))
    return max((int(stem.removesuffix("-stopped")) for stem in notes), default=-1)


def test_a_signal_stops_with_a_checkpoint_and_no_other_process_trains_the_same(tmp_path: Path) -> None:
    """SIGUSR1, by which a cluster warns; the tests below send SIGINT and SIGTERM, and go on."""
    ready_to_train(tmp_path, train=LONG)
    with started(tmp_path, *TRAIN, until=800) as process:
        os.kill(process.pid, signal.SIGSTOP)  # its processor is needed
        second = subprocess.run(TRAIN, cwd=tmp_path, env=environment(), capture_output=True, text=True)
        assert second.returncode == 2
        assert second.stderr.startswith("error: ") and second.stderr.count("\n") == 1
        assert "another process trains with the same parameters and data" in second.stderr
        os.kill(process.pid, signal.SIGCONT)
        before = newest(tmp_path)
        process.send_signal(signal.SIGUSR1)
        errors = process.communicate(timeout=60)[1]
    assert process.returncode == 75, errors
    stopped = newest(tmp_path)
    assert stopped >= before
    last = errors.splitlines()[-1]
    assert last == f"SIGUSR1: stopped after {stopped:,} images; the same command goes on from there"
    assert not Paths(tmp_path).generator.exists() and not Paths(tmp_path).history.exists()


@pytest.fixture(scope="module")
def _committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Git and DVC around a workspace that is ready for `dvc repro`, with one result committed."""
    root = tmp_path_factory.mktemp("committed")
    ready_to_train(root, train={"images": 80, "checkpoint_every": 80})
    (root / "dvc.yaml").write_text(STAGE)
    for command in (
        "git init -q -b main", "git config user.email test@example.org", "git config user.name Test",
        "dvc init -q", "dvc config core.analytics false", "dvc repro -q", "git add -A", "git commit -qm start"
    ):  # fmt: skip
        subprocess.run(command.split(), cwd=root, env=environment(), check=True, capture_output=True)
    return root


@pytest.fixture
def repository(_committed: Path, tmp_path: Path) -> Path:
    """A copy to change."""
    return Path(shutil.copytree(_committed, tmp_path / "repository", symlinks=True))


def test_dvc_commits_nothing_of_a_stopped_training_and_all_of_a_finished_one(repository: Path) -> None:
    params, lock = repository / "params.yaml", repository / "dvc.lock"
    before = lock.read_bytes()
    params.write_text(params.read_text().replace("images: 80\n", "images: 1600\n"))
    with started(repository, "dvc", "repro", until=80) as process:
        os.killpg(process.pid, signal.SIGINT)  # as the keyboard does
        errors = process.communicate(timeout=60)[1]
    assert process.returncode not in (0, -signal.SIGINT), errors
    assert "SIGINT: stopped after" in errors
    assert lock.read_bytes() == before
    again = subprocess.run(["dvc", "repro"], cwd=repository, env=environment(), capture_output=True, text=True)
    assert again.returncode == 0 and "train: goes on from" in again.stderr, again.stderr
    assert lock.read_bytes() != before and Paths(repository).train_run.is_file()


def test_an_experiment_that_was_stopped_goes_on_with_the_same_parameters_alone(repository: Path) -> None:
    experiment = ["dvc", "exp", "run", "-S", "train.evaluate_every=0", "-S"]
    lock = (repository / "dvc.lock").read_bytes()
    with started(repository, *experiment, "train.images=1600", until=80) as process:
        os.killpg(process.pid, signal.SIGTERM)  # as a scheduler does
        errors = process.communicate(timeout=60)[1]
    assert process.returncode != 0 and "SIGTERM: stopped after" in errors, errors
    assert (repository / "dvc.lock").read_bytes() == lock

    def run(*changes: str) -> str:
        done = subprocess.run(
            [*experiment, *changes], cwd=repository, env=environment(), capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    assert "goes on from" not in run("train.images=88", "--name", "another")
    assert "train: goes on from" in run("train.images=1600", "--name", "stopped")
    listed = ["git", "for-each-ref", "refs/exps", "--format=%(refname:lstrip=4)"]
    assert subprocess.check_output(listed, cwd=repository, text=True).split() == ["another", "stopped"]
