"""What the tests of comparisons share."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from comparison_repository import Repository, commit, empty_repository
from shared import made_once

from nashgan.records.paths import Paths


@pytest.fixture(autouse=True, scope="session")
def _own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """This interpreter's DVC, nothing of another repository, no store and no cache of the user's."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("DVC_", "MLFLOW_", "GIT_"))]:
            patch.delenv(name)
        patch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
        patch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path_factory.mktemp("site")))
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        yield


@pytest.fixture(scope="session")
def experiments(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A baseline and its experiments: two seeds of hinge, lsgan, and one measured by another protocol."""
    return Repository(Paths(made_once(tmp_path_factory, "experiments", _run_experiments)))


def _run_experiments(root: Path) -> None:
    repository = empty_repository(root)
    repository.run("dvc", "repro")
    commit(repository, "baseline")
    repository.experiment("hinge-s0", "objective.loss=hinge")
    repository.experiment("hinge-s1", "objective.loss=hinge", "train.seed=1")
    repository.experiment("few", "objective.loss=lsgan", "train.seed=0", "generate.samples=100")
    repository.experiment("lsgan", "objective.loss=lsgan", "generate.samples=2000")
    repository.run("git", "checkout", "-q", "--force", "main")
    repository.run("dvc", "checkout", "-q")
