"""What the tests of tracking share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from shared import write_store
from tracked import fill_workspace

from nashgan.records.paths import Paths

MLFLOW = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME")
DVC = ("DVC_ROOT", "DVC_STAGE", "DVC_EXP_NAME", "DVC_EXP_BASELINE_REV")


@pytest.fixture(autouse=True, scope="module")
def _own_environment() -> Iterator[None]:
    """Nothing in the environment names a store or an experiment."""
    with pytest.MonkeyPatch.context() as patch:
        for name in (*MLFLOW, *DVC):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture
def workspace(tmp_path: Path) -> Paths:
    """What train, generate and evaluate leave, and a new store."""
    paths = fill_workspace(tmp_path)
    write_store(paths)
    return paths
