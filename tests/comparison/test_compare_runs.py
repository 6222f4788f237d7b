"""`nashgan compare --mlflow` on a real store."""

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from comparison_repository import Repository
from PIL import Image
from tracked import fill_workspace, write_evaluation

from nashgan.comparison.compare import collect, compare
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import read_json, write_json
from nashgan.tracking.run_from_files import ensure_run
from nashgan.tracking.run_results import log_evaluation
from nashgan.tracking.store import connect

PROTOCOL = "inception, 2000 of train"  # the experiments' too


@pytest.fixture(scope="module")
def runs(experiments: Repository, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The ids of runs: one of the experiments' protocol, one of another, an experiment's own, and one not evaluated."""
    folder = tmp_path_factory.mktemp("store")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        ids = {}
        for seed, name in enumerate(("far", "foreign", "hinge-s0", "unevaluated")):
            paths = fill_workspace(folder / name, seed=seed)
            record = read_json(paths.train_run, "")
            record["tags"]["dvc.experiment"] = name
            write_json(paths.train_run, record | {"seconds": 64.0 if name == "far" else 120.0})
            ids[name] = ensure_run(paths)
            if name == "foreign":
                write_evaluation(paths, 50.0, PROTOCOL)  # its classifier is another one
            else:
                (row,) = collect(experiments.paths, ["hinge-s0"], False)
                measured = {key: asdict(metric) | {"samples": 2000} for key, metric in row.metrics.items()}
                measured["fid"] |= {"value": 50.0, "interval": None} if name == "far" else {}
                write_json(paths.evaluation, measured)
            if name != "unevaluated":
                log_evaluation(paths)
        grid = folder / "grid.png"
        Image.new("L", (8 * 28 + 7, 8 * 28 + 7)).save(grid)
        connect(paths).client.log_artifact(ids["far"], str(grid))
        yield ids


def test_runs_stand_beside_experiments_of_their_protocol(
    experiments: Repository, runs: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compare(experiments.paths, [], True, tmp_path, "fid", False)
    assert f"left out: unevaluated: MLflow run {runs['unevaluated']} is not evaluated" in capsys.readouterr().err
    first, *others = [list(csv.DictReader(io.StringIO(p.read_text()))) for p in sorted(tmp_path.glob("*.csv"))]
    assert [row["name"] for row in first] == ["hinge-s0", "hinge-s1", "main", "lsgan", "far"]
    assert [row["source"] for row in first] == ["experiment", "experiment", "commit", "experiment", "MLflow run"]
    assert sorted(row["name"] for rows in others for row in rows) == ["few", "foreign"]
    assert len(others) == 2  # foreign shares only one of its two protocols with the first table


def test_a_run_is_named_by_its_name_or_its_id(experiments: Repository, runs: dict[str, str]) -> None:
    (far,) = collect(experiments.paths, ["far"], True)
    assert (far.source, far.seconds, far.img_s) == ("MLflow run", 64.0, 100.0)
    assert far.params["train.images"] == 6400 and far.first_samples is not None
    (foreign,) = collect(experiments.paths, [runs["foreign"]], True)
    assert (foreign.name, foreign.seconds, foreign.first_samples) == ("foreign", 120.0, None)
    assert foreign.img_s == pytest.approx(6400 / 120)
    assert {row.name for row in collect(experiments.paths, ["far", "lsgan"], True)} == {"far", "lsgan"}
    with pytest.raises(UserError, match=r"^nope: no such experiment .* or MLflow run$"):
        collect(experiments.paths, ["far", "nope"], True)
    with pytest.raises(UserError, match=r"^far: no such experiment"):
        collect(experiments.paths, ["far"], False)


def test_a_run_without_samples_is_shown_with_a_dash(
    experiments: Repository, runs: dict[str, str], tmp_path: Path
) -> None:
    compare(experiments.paths, ["foreign"], True, tmp_path, "fid", False)
    assert "| foreign | 50.0 | 5.50 | 0.0500 | 2 min 0 s | 53 |  | – |" in (tmp_path / "comparison.md").read_text()
    assert "no samples kept" in (tmp_path / "index.html").read_text()
