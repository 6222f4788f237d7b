"""What DVC's own commands show of the results, as people see it in a terminal and in a fresh clone."""

import json

import pytest
from comparison_repository import Repository

from nashgan.records.paths import Paths

WIDTH = 120  # columns of a terminal


@pytest.fixture(scope="module")
def fresh(experiments: Repository, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A clone of the committed baseline: no experiments and no cache."""
    root = tmp_path_factory.mktemp("fresh") / "clone"
    experiments.run("git", "clone", "-q", ".", str(root))
    return Repository(Paths(root))


def test_a_terminal_of_120_columns_shows_what_people_compare(experiments: Repository) -> None:
    table = experiments.run("dvc", "exp", "show", "--only-changed").splitlines()
    header = next(line for line in table if "Experiment" in line)
    assert len(header) > WIDTH  # there is more, to the right
    shown = header[:WIDTH].split()
    assert shown[:6] == ["Experiment", "Created", "fid", "fcd", "recall", "seconds"]
    (hinge,) = (line[:WIDTH] for line in table if "[hinge-s1]" in line)
    assert " 21 0.021 0.79 161 1987.6 0.0105 " in " ".join(hinge.split())


def test_a_clone_without_a_cache_shows_the_committed_baseline(fresh: Repository) -> None:
    assert not (fresh.root / ".dvc" / "cache").exists()
    table = fresh.run("dvc", "exp", "show").splitlines()
    assert any("main" in line and " 25 " in line for line in table)
    assert not any("!" in line for line in table)
    (shown,) = json.loads(fresh.run("dvc", "metrics", "show", "--json")).values()
    assert shown["data"]["reports/metrics.json"]["data"] == json.loads(fresh.paths.metrics.read_text())
    assert "main" in fresh.nashgan("compare")


def test_metrics_diff_sets_a_change_beside_the_committed_baseline(fresh: Repository) -> None:
    fresh.paths.params.write_text(fresh.paths.params.read_text().replace("non_saturating", "lsgan"))
    fresh.run("dvc", "repro")
    lines = [line.split() for line in fresh.run("dvc", "metrics", "diff").splitlines()]
    assert ["reports/metrics.json", "fid", "25.0", "30.0", "5.0"] in lines
