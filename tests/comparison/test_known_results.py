"""What a report compares its run with: real DVC experiments, read while the report is made."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from comparison_repository import Repository, commit

from nashgan.comparison import known_results as module
from nashgan.comparison.compare import collect
from nashgan.comparison.known_results import BASELINE, known_results
from nashgan.comparison.results import Row
from nashgan.records.paths import Paths


@pytest.fixture
def clone(experiments: Repository, tmp_path: Path) -> Repository:
    """A copy to change, experiments and cache included."""
    shutil.copytree(experiments.root, tmp_path / "clone", symlinks=True)
    return Repository(Paths(tmp_path / "clone"))


@pytest.fixture
def run(experiments: Repository) -> Row:
    """A result of the experiments' protocol that none of them has; it knows two parameters."""
    (row,) = collect(experiments.paths, ["lsgan"], False)
    fid = replace(row.metrics["fid"], value=29.0)
    params = {"objective.loss": "rpgan", "train.seed": 0}
    return replace(row, name="this run", params=params, metrics={**row.metrics, "fid": fid})


def test_results_of_the_same_protocol_stand_beside_a_run(experiments: Repository, run: Row) -> None:
    found = known_results(experiments.paths, run)
    assert (found.commit, found.known, found.read, found.faults) == ("main", 4, 4, [])
    assert {row.name for row in found.rows} == {"main", "hinge-s0", "hinge-s1", "lsgan"}  # `few` has another protocol
    assert all(row.params.keys() == run.params.keys() and row.first_samples for row in found.rows)


def test_the_runs_own_result_does_not_stand_beside_it(experiments: Repository) -> None:
    (own,) = collect(experiments.paths, ["lsgan"], False)
    assert "lsgan" not in {row.name for row in known_results(experiments.paths, own).rows}


def test_an_experiment_in_a_temporary_workspace_finds_its_baseline_in_the_parent_repository(
    clone: Repository, run: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = clone.run("git", "rev-parse", "HEAD").strip()
    (clone.root / "notes.txt").write_text("a later commit, which has no experiments")
    commit(clone, "later")
    monkeypatch.setenv("DVC_ROOT", str(clone.root))
    monkeypatch.setenv(BASELINE, base)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    found = known_results(Paths(elsewhere), run)
    assert found.commit == base[:7] and {row.name for row in found.rows} >= {base[:7], "hinge-s0", "lsgan"}


def test_only_the_newest_experiments_are_read(
    experiments: Repository, run: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "NEWEST", 1)
    found = known_results(experiments.paths, run)
    assert (found.known, found.read) == (4, 1)
    assert {row.name for row in found.rows} == {"main", "lsgan"}  # made last


def test_what_cannot_be_read_is_a_line_and_the_others_are_there(clone: Repository, run: Row) -> None:
    clone.experiment_without_picture("damaged")
    found = known_results(clone.paths, run)
    assert {row.name for row in found.rows} >= {"main", "hinge-s1", "lsgan"}
    assert [fault.split(":")[0] for fault in found.faults] == ["damaged"]
    assert all("\n" not in fault for fault in found.faults)


def test_without_git_there_is_one_line(tmp_path: Path, run: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    found = known_results(Paths(tmp_path), run)
    assert not found.rows and "git rev-parse" in found.faults[0] and len(found.faults) == 1
    monkeypatch.setenv("PATH", str(tmp_path))
    (fault,) = known_results(Paths(tmp_path), run).faults
    assert fault.startswith("git: not found")
