"""Git and DVC state as tags, from real repositories."""

import subprocess
import sys
from pathlib import Path

import pytest

from nashgan.tracking.lineage import BASELINE, BRANCH, COMMIT, DIRTY, EXPERIMENT, STAGE, lineage_tags
from nashgan.tracking.naming import short_name


def git(root: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=n", "-c", "user.email=n@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", *identity, *arguments], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init")
    for name in ("params.yaml", "dvc.yaml", "dvc.lock"):
        (tmp_path / name).write_text("a: 1\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    return tmp_path


def test_clean_commit(repository: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")
    assert lineage_tags(repository) == {COMMIT: head, BRANCH: "main", DIRTY: "false"}
    assert short_name(lineage_tags(repository)) == head[:7]


@pytest.mark.parametrize(("name", "dirty"), [("params.yaml", "true"), ("new.py", "true"), ("dvc.lock", "false")])
def test_dirty_is_what_dvc_does_not_write(repository: Path, name: str, dirty: str) -> None:
    (repository / name).write_text("a: 2\n")
    assert lineage_tags(repository)[DIRTY] == dirty


def test_experiment(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("NAME", "bold-idea"), ("BASELINE_REV", "b" * 40)):
        monkeypatch.setenv(f"DVC_EXP_{name}", value)
    monkeypatch.setenv("DVC_STAGE", "train")
    git(repository, "checkout", "--detach")
    (repository / "params.yaml").write_text("a: 2\n")  # as DVC does for `-S a=2`
    tags = lineage_tags(repository)
    assert tags | {COMMIT: ""} == {
        COMMIT: "",
        DIRTY: "false",
        EXPERIMENT: "bold-idea",
        BASELINE: "b" * 40,
        STAGE: "train",
    }
    assert short_name(tags) == "bold-idea"


def test_without_commits_and_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lineage_tags(tmp_path) == {}
    assert short_name({}) is None
    git(tmp_path, "init")
    assert lineage_tags(tmp_path) == {}
    monkeypatch.setenv("PATH", "")
    assert lineage_tags(tmp_path) == {}


def test_the_plug_in_leaves_the_package_to_the_served_model(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import sys, nashgan_mlflow as n; assert 'nashgan' not in sys.modules; print(n.LineageContext().tags())"
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=True)
    assert git(repository, "rev-parse", "HEAD") in done.stdout
