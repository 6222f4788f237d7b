"""``nashgan sync``: everything that commits, experiments and the workspace hold, once, in any store."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import postgres
import pytest
import yaml
from mlflow.entities import Run
from same_page import SECTIONS, check_same_page
from shared import write_store
from tracked import COLUMNS, DATASET, fill_workspace, free_port, history_row, mlflow_server, write_evaluation
from workspaces import REPOSITORY, environment

from nashgan.params import load_params
from nashgan.records.evaluation import read_evaluation
from nashgan.records.history import write_scores
from nashgan.records.metrics import write_metrics
from nashgan.records.paths import Paths
from nashgan.records.registration import write_registration
from nashgan.records.train_run import TRAINING, read_train_run
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import write_json
from nashgan.tracking.live_run import TrainingRun
from nashgan.tracking.model_versions import register
from nashgan.tracking.naming import TIMELINE, metric_name
from nashgan.tracking.store import Store, connect
from nashgan.tracking.sync import sync
from nashgan.tracking.upload import known_image_steps

STAGES = """\
stages:
  train:
    cmd: python stages.py
    params: [model, objective, train]
    outs:
      - models/generator
      - models/train_run.json
      - reports/train/timeline
      - reports/train/history.csv: {cache: false}
      - reports/train/score.csv: {cache: false}
  evaluate:
    cmd: python stages.py
    deps: [models/train_run.json]
    params: [generate]
    outs: [{reports/evaluation.json: {cache: false}}]
    metrics: [{reports/metrics.json: {cache: false}}]
  register:
    cmd: python stages.py
    deps: [models/generator, reports/evaluation.json]
    outs: [reports/registry.json]
"""
IGNORED = "/models/\n/reports/train/timeline\n/reports/registry.json\n/mlflow*\n/mlartifacts/\n/.nashgan/\n/server/\n"


def run(root: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=root, env=environment(), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


def train(root: Path, seed: int, tracked: bool = True) -> None:
    """What the train stage writes, and tells MLflow meanwhile."""
    values = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    values["train"] |= {"seed": seed, "images": "6.4k"}
    (root / "params.yaml").write_text(yaml.safe_dump(values))
    uid, paths = f"training-{seed}", fill_workspace(root, seed)
    params = {section: read for section, read in load_params(paths.params).model_dump().items() if section in SECTIONS}
    scores = [{"images": step, "training_fcd": 100 / step} for step in (3200, 6400)]
    write_scores(paths.scores, scores)
    ended = {"seconds": 160.25 + seed, "kept": {"images": 3200, "fcd": 100 / 3200}}
    record = json.loads(paths.train_run.read_text()) | ended | {"params": params}
    if tracked:
        with TrainingRun.start(paths, params, DATASET, uid=uid) as live:
            for row in (history_row(3200), history_row(6400), *scores):
                live.history(row)
        record |= {"run_id": live.run_id, "tags": live.tags}
    write_json(paths.train_run, record)


def evaluate(root: Path, fid: float, tracked: bool = True) -> None:
    """What evaluate and register write, and tell MLflow; and DVC's record of all."""
    params, paths = root / "params.yaml", Paths(root)
    params.write_text(params.read_text().replace("samples: 2000", f"samples: {fid:.0f}00"))
    write_evaluation(paths, fid)
    write_metrics(paths.metrics, read_evaluation(paths.evaluation), read_train_run(paths.train_run))
    if tracked:
        write_registration(paths.registration, register(paths, "nashgan"))
    run(root, "dvc", "commit", "-f", "-q")


def commit(root: Path) -> None:
    run(root, "git", "add", "-A")
    run(root, "git", "commit", "-qm", "result")


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two commits, an experiment that evaluates the second again and one with a branch of its own, which trains.

    Three trainings and four evaluations, tracked in the origin's own store when they are made, and pushed to a remote.
    One more training is in Git's stash, and no result.
    """
    root = tmp_path_factory.mktemp("origin")
    (root / "dvc.yaml").write_text(STAGES)
    (root / ".gitignore").write_text(IGNORED)
    for command in (
        "git init -q -b main", "git config user.email test@example.org", "git config user.name Test", "dvc init -q",
        "dvc config core.analytics false", f"dvc remote add -d store {root}/../remote",
    ):  # fmt: skip
        run(root, *command.split())
    commit(root)
    for seed in (0, 1):
        train(root, seed)
        evaluate(root, 25.0)
        commit(root)
    evaluate(root, 24.0)
    run(root, "dvc", "exp", "save", "-q", "--name", "judged-again")
    run(root, "dvc", "push", "-q")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DVC_EXP_NAME", "bold-idea")
        patch.setenv("DVC_EXP_BASELINE_REV", run(root, "git", "rev-parse", "HEAD").strip())
        train(root, seed=2)
        evaluate(root, 20.0)
    run(root, "dvc", "exp", "save", "-q", "--name", "bold-idea")
    run(root, "dvc", "exp", "branch", "bold-idea", "kept")
    run(root, "dvc", "push", "-q")
    train(root, seed=3, tracked=False)
    evaluate(root, 30.0, tracked=False)
    run(root, "git", "stash", "-q")
    run(root, "dvc", "push", "-q", "--all-commits")
    run(root, "dvc", "checkout", "-q")
    return root


@pytest.fixture
def clone(origin: Path, tmp_path: Path) -> Paths:
    """A fresh clone with all files pulled, and a new store."""
    root = tmp_path / "clone"
    run(tmp_path, "git", "clone", "-q", str(origin), str(root))
    run(root, "git", "fetch", "-q", "origin", "refs/exps/*:refs/exps/*")
    shutil.copytree(origin / ".dvc" / "cache", root / ".dvc" / "cache")
    run(root, "dvc", "checkout", "-q")
    write_store(Paths(root))
    return Paths(root)


@pytest.fixture(scope="module", autouse=True)
def _own_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("DVC_", "MLFLOW_"))]:
            patch.delenv(name)
        yield


def runs(store: Store) -> dict[str, Run]:
    found = store.client.search_runs([store.experiment_id])
    return {run.data.tags[TRAINING]: run for run in found if TRAINING in run.data.tags}


def everything(store: Store) -> list[object]:
    """All that a second delivery must not change."""
    found: list[object] = []
    for uid, run in sorted(runs(store).items()):
        run_id, client = run.info.run_id, store.client
        points = {
            key: [(p.step, p.timestamp, p.value) for p in client.get_metric_history(run_id, key)]
            for key in run.data.metrics
        }
        found += [uid, run_id, run.info.status, points, run.data.params, run.data.tags]
        found += sorted(file.path for file in client.list_artifacts(run_id))
        found += sorted(file.path for file in client.list_artifacts(run_id, "images"))
    for version in store.client.search_model_versions("name = 'nashgan'"):
        found.append((version.version, version.run_id, version.tags, version.description))
    return found


def check_complete(paths: Paths) -> None:
    told = sync(paths)
    assert told.endswith("3 trainings, 3 of them new; 4 model versions")
    store = connect(paths)
    known = runs(store)
    assert sorted(known) == ["training-0", "training-1", "training-2"]
    for run in known.values():
        assert run.info.status == "FINISHED" and set(map(metric_name, COLUMNS[1:])) <= run.data.metrics.keys()
        assert known_image_steps(store.client, run.info.run_id, TIMELINE) == {0, 3200, 6400}
    history = store.client.get_metric_history
    fids = {uid: {point.value for point in history(run.info.run_id, "headline/fid")} for uid, run in known.items()}
    assert fids == {"training-0": {25.0}, "training-1": {24.0, 25.0}, "training-2": {20.0}}
    challenger = store.client.get_model_version_by_alias("nashgan", "challenger")
    assert (challenger.run_id, challenger.tags["fid"]) == (known["training-1"].info.run_id, "25.0")  # the workspace's
    before = everything(store)
    assert sync(paths).endswith("3 trainings, 0 of them new; 4 model versions")
    assert everything(store) == before


def test_a_fresh_clone_fills_a_new_local_store(clone: Paths) -> None:
    clone.mlflow_store.unlink()
    check_complete(clone)


def test_mlflow_says_what_dvc_says_as_it_was_filled_and_rebuilt(origin: Path, tmp_path: Path) -> None:
    original, before = check_same_page(origin), everything(connect(Paths(origin)))
    assert sync(Paths(origin)).endswith("3 trainings, 0 of them new; 4 model versions")
    assert everything(connect(Paths(origin))) == before and check_same_page(origin) == original
    root = tmp_path / "fresh"
    run(tmp_path, "git", "clone", "-q", str(origin), str(root))
    run(root, "dvc", "pull", "-q", "--all-commits")
    run(root, "dvc", "exp", "pull", "-q", "--all-commits", "origin")
    sync(Paths(root))
    assert check_same_page(root) == original


def test_only_what_is_missing_is_sent(clone: Paths) -> None:
    sync(clone)
    store = connect(clone)
    gone = runs(store)["training-2"].info.run_id
    store.client.delete_run(gone)
    assert "3 trainings, 1 of them new" in sync(clone)
    assert len(runs(store)) == 3 and runs(store)["training-2"].info.run_id != gone


@contextmanager
def backend() -> Iterator[str | None]:
    """PostgreSQL; where it is not installed, and CI is not set, the server's own SQLite."""
    reason = postgres.missing()
    if reason and "CI" not in os.environ:
        yield None
    else:
        assert reason is None
        with postgres.postgres() as uri:
            yield uri


def test_an_mlflow_server_gets_everything_once(clone: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
    with backend() as uri, mlflow_server(tmp_path / "server", port, uri):
        check_complete(clone)
    with pytest.raises(UserError, match=r"MLflow at http://127\.0\.0\.1"):
        sync(clone)


def test_results_whose_files_are_away_are_named(clone: Paths) -> None:
    shutil.rmtree(clone.root / ".dvc" / "cache")
    told = sync(clone).splitlines()
    assert told[0].endswith("1 trainings, 1 of them new; 1 model versions")  # the workspace's own
    left = [line for line in told[1:] if "dvc pull --all-commits" in line]
    assert len(left) == len(told) - 1 == 4 and any(line.startswith("left out: bold-idea: ") for line in left)


def test_a_damaged_result_keeps_no_other_back(clone: Paths) -> None:
    clone.train_run.unlink()
    clone.train_run.write_text("{}")
    told = sync(clone)
    assert "3 trainings, 3 of them new" in told and "left out: workspace: " in told


def test_the_command(clone: Paths) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nashgan", "sync"], cwd=clone.root, env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stdout.endswith("3 of them new; 4 model versions\n"), done.stderr
    shutil.rmtree(clone.root / ".git")
    with pytest.raises(UserError) as refused:
        sync(clone)
    assert "\n" not in str(refused.value)
