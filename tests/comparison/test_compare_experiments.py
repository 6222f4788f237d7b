"""`nashgan compare` on real DVC experiments."""

import csv
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from comparison_repository import Repository, commit, empty_repository
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nashgan.comparison.compare import collect, compare
from nashgan.comparison.sample_row import first_row
from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError
from nashgan.spaces.grid import image_grid, save_png

REPOSITORY = Path(__file__).parents[2]


def sheet(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text())))


@pytest.fixture
def clone(experiments: Repository, tmp_path: Path) -> Repository:
    """A copy to change, experiments and cache included."""
    shutil.copytree(experiments.root, tmp_path / "clone", symlinks=True)
    return Repository(Paths(tmp_path / "clone"))


def test_the_command_prints_and_writes_a_table_for_each_protocol(clone: Repository) -> None:
    printed = clone.nashgan("compare")
    out = clone.root / "reports" / "comparison"
    assert f"written to {out / 'index.html'}" in printed
    assert "no difference from the best" in printed and "inception, 100 of train" in printed

    first, second = sheet(out / "comparison-1.csv"), sheet(out / "comparison-2.csv")
    assert [row["name"] for row in first] == ["hinge-s0", "hinge-s1", "main", "lsgan"]
    assert [row["name"] for row in second] == ["few"]
    assert [row["verdict"] for row in first] == ["best", "no difference from the best", "", ""]
    best = first[0]
    assert (best["objective.loss"], best["train.seed"], best["source"]) == ("hinge", "0", "experiment")
    assert (best["fid"], best["fid_low"], best["fid_high"], best["fid_floor"]) == ("20.0", "19.0", "21.0", "5.5")
    assert (best["fcd"], best["fcd_low"], best["seconds"], best["img_s"]) == ("0.02", "", "160.0", "2000.0")
    assert "train.images" not in best and "generate.samples" not in best

    markdown = (out / "comparison.md").read_text()
    assert "| hinge-s1 | hinge | 1 | 21.0 [20.0, 22.0] | 5.50 | 0.0210 | 2 min 41 s | 1,988 |" in markdown
    assert sum(line.startswith("| name |") for line in markdown.splitlines()) == 2
    for row in (*first, *second):
        (place,) = (part.split(")")[0] for part in markdown.split(f"![samples of {row['name']}](")[1:])
        with Image.open(out / place) as picture:
            assert picture.size == (8 * 32 + 7, 32)
            shade = picture.getpixel((0, 0))
        assert shade == 10 * int(row.get("train.seed") or 0)

    page = (out / "index.html").read_text()
    assert page.count("<tr") == 5 + 2 and page.count("data:image/png;base64,") == 5
    assert "http" not in page.replace("http-equiv", "")
    assert page.index("hinge-s1") < page.index("lsgan") < page.index("few")


def test_a_second_comparison_replaces_the_first_and_nothing_else(clone: Repository) -> None:
    out = clone.root / "elsewhere"
    compare(clone.paths, [], False, out, "fid", False)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    compare(clone.paths, [], False, out, "fid", False)
    assert before == {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    (out / "notes.md").write_text("mine")
    compare(clone.paths, ["lsgan", "hinge-s0"], False, out, "fid", True)
    left = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert left == {
        "notes.md", "index.html", "comparison.md", "comparison-1.csv", "strips/001-hinge-s0.png", "strips/002-lsgan.png"
    }  # fmt: skip


def test_seeds_are_summed_up(experiments: Repository, tmp_path: Path) -> None:
    compare(experiments.paths, ["hinge-s0", "hinge-s1", "lsgan"], False, tmp_path, "fid", True)
    first, second = sheet(tmp_path / "comparison-1.csv")
    assert (first["name"], first["seeds"], float(first["fid"])) == ("hinge", "2", 20.5)
    assert float(first["fid_deviation"]) == pytest.approx(0.5**0.5)
    assert (second["name"], second["seeds"], second["fid_deviation"]) == ("lsgan", "1", "")
    assert "20.5 ± 0.707" in (tmp_path / "comparison.md").read_text()
    assert "standard deviation" in (tmp_path / "index.html").read_text()


def test_a_revision_brings_its_experiments_also_when_it_is_not_the_current_one(clone: Repository) -> None:
    (clone.root / "notes.txt").write_text("a later commit")
    commit(clone, "later")
    clone.run("git", "tag", "-a", "v1", "-m", "first", "HEAD~1")
    assert [row.name for row in collect(clone.paths, [], False)] == ["main"]
    named = {row.name for row in collect(clone.paths, ["v1"], False)}
    assert named == {"v1", "hinge-s0", "hinge-s1", "few", "lsgan"}
    assert [row.name for row in collect(clone.paths, ["lsgan"], False)] == ["lsgan"]
    clone.experiment("lsgan", "objective.loss=lsgan")  # the name again, on the later commit
    assert {row.name[:9] for row in collect(clone.paths, ["lsgan"], False)} == {"lsgan of "}
    assert len(collect(clone.paths, ["lsgan"], False)) == 2


def test_the_workspace_is_a_result_of_its_own_only_when_it_has_one(
    clone: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    named = [row.name for row in collect(clone.paths, [], False)]
    assert "workspace" not in named and "main" in named  # the same result

    params = clone.root / "params.yaml"
    params.write_text(params.read_text().replace("non_saturating", "hinge").replace("seed: 0", "seed: 7", 1))
    (row,) = collect(clone.paths, ["workspace"], False)
    assert (row.params["objective.loss"], row.params["train.seed"]) == ("non_saturating", 0)  # what was run

    clone.run("dvc", "repro", "train")
    capsys.readouterr()
    assert "workspace" not in [row.name for row in collect(clone.paths, [], False)]
    assert "left out: workspace: reports/evaluation.json does not come from" in capsys.readouterr().err
    with pytest.raises(UserError, match=r"stage evaluate has not run since train did"):
        collect(clone.paths, ["workspace"], False)

    clone.run("dvc", "repro")
    (row,) = (row for row in collect(clone.paths, [], False) if row.name == "workspace")
    assert (row.params["objective.loss"], row.params["train.seed"]) == ("hinge", 7)
    (clone.root / "reports/evaluation.json").write_text("{}")
    with pytest.raises(UserError, match=r"it was changed after it"):
        collect(clone.paths, ["workspace"], False)


def test_errors_are_one_line_and_status_2_and_leave_no_files(clone: Repository, tmp_path: Path) -> None:
    output = clone.nashgan("compare", "nope", "--", "--x", status=2)
    lines = [line for line in output.splitlines() if not line.startswith("left out: ")]
    assert len(lines) == 1 and lines[0].startswith("error: ") and "nope, --x: no such experiment" in lines[0]
    assert not (clone.root / "reports" / "comparison").exists()


@pytest.mark.parametrize(
    ("evaluated", "revisions", "mlflow", "sort", "said"),
    [
        (False, [], False, None, "no experiment is evaluated yet"),
        (False, ["main"], False, None, "main: no reports/evaluation.json; run `dvc repro` there"),
        (True, [], False, "speed", "--sort speed: unknown column"),
        (True, [], True, None, "no runs yet"),
    ],
)
def test_what_cannot_be_compared_is_a_users_error(
    clone: Repository,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    evaluated: bool,
    revisions: list[str],
    mlflow: bool,
    sort: str | None,
    said: str,
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    repository = clone if evaluated else empty_repository(fresh)
    with pytest.raises(UserError, match=said) as refused:
        compare(repository.paths, revisions, mlflow, tmp_path / "out", sort, False)
    assert "\n" not in str(refused.value) and not (tmp_path / "out").exists()


def test_a_clone_without_dvc_s_cache_has_all_that_is_compared(experiments: Repository, tmp_path: Path) -> None:
    experiments.run("git", "clone", "-q", ".", str(tmp_path / "fresh"))
    fresh = Repository(Paths(tmp_path / "fresh"))
    fresh.run("git", "fetch", "-q", "origin", "refs/exps/*:refs/exps/*")
    assert not (fresh.root / "models").exists() and not (fresh.root / ".dvc" / "cache").exists()
    known, here = collect(experiments.paths, [], False), collect(fresh.paths, [], False)
    assert len(known) == 5 and known == here


def test_outside_of_git_is_one_line(tmp_path: Path) -> None:
    repository = Repository(Paths(tmp_path))
    for name in ("dvc.yaml", "params.yaml"):
        (tmp_path / name).write_text("{}")
    for command in ("true", "git init -q"):
        repository.run(*command.split())
        with pytest.raises(UserError, match=r"this needs a Git repository with a commit$"):
            compare(repository.paths, [], False, tmp_path / "out", None, False)


def test_a_damaged_result_is_one_line_that_names_it(clone: Repository) -> None:
    clone.experiment_without_picture("damaged")
    with pytest.raises(UserError, match=r"^damaged: reports/samples.png: not readable as PNG"):
        collect(clone.paths, ["damaged"], False)


@given(st.binary(max_size=64))
def test_what_is_no_picture_has_no_strip(content: bytes) -> None:
    with pytest.raises(UserError, match="not readable as PNG"):
        first_row(content, "x")


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [(28, 28, (231, 28)), (32, 32, (263, 32)), (128, 128, (544, 67)), (24, 40, (327, 24))],
)
def test_a_strip_is_the_first_row_of_the_grid(height: int, width: int, expected: tuple[int, int]) -> None:
    images = np.zeros((64, 3, height, width), np.uint8)
    images[:8] = 200
    content = io.BytesIO()
    image_grid(images, columns=8).save(content, format="PNG")
    with Image.open(io.BytesIO(first_row(content.getvalue(), "x"))) as picture:
        assert picture.size == expected
        assert picture.getpixel((2, picture.height - 2)) == (200, 200, 200)


@pytest.mark.parametrize("rows", [1, 8, 16])
def test_a_strip_is_one_row_however_many_there_are(rows: int, tmp_path: Path) -> None:
    """Of clips there are 16; a picture of all points is one."""
    images = np.zeros((4 * rows, 1, 20, 20), np.uint8)
    images[:4] = 200
    save_png(tmp_path / "grid.png", image_grid(images, columns=4), rows)
    with Image.open(io.BytesIO(first_row((tmp_path / "grid.png").read_bytes(), "x"))) as picture:
        assert picture.size == (83, 20)
        assert picture.getpixel((2, 19)) == 200


def test_a_script_queues_its_experiments_with_added_options(tmp_path: Path) -> None:
    repository = empty_repository(tmp_path)
    shutil.copytree(REPOSITORY / "experiments", tmp_path / "experiments")
    shutil.copy(REPOSITORY / "params.yaml", tmp_path / "params.yaml")
    commit(repository, "scripts")
    printed = repository.run("sh", "experiments/collapse.sh", "-S", "train.seed=0,1")
    assert "nashgan compare" in printed.splitlines()[-1]
    queued = repository.run("dvc", "queue", "status")
    for name in ("collapse-collapsed-1", "collapse-collapsed-2", "collapse-cured-1", "collapse-cured-2"):
        assert name in queued


def test_the_comment_on_a_pull_request_compares_it_with_its_base(clone: Repository) -> None:
    """The step of .github/workflows/compare.yml, on the commit of an experiment."""
    clone.run("dvc", "exp", "branch", "hinge-s0", "pull-request")
    (clone.root / ".venv").symlink_to(sys.prefix)
    workflow = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "compare.yml").read_text())
    (step,) = (step for step in workflow["jobs"]["compare"]["steps"] if step.get("name") == "Compare")
    base, head = clone.run("git", "rev-parse", "main", "pull-request").split()
    environment = os.environ | {"BASE": base, "HEAD": head, "GITHUB_STEP_SUMMARY": str(clone.root / "summary.md")}
    subprocess.run(["bash", "-e", "-c", step["run"]], cwd=clone.root, env=environment, check=True, timeout=120)
    comment = (clone.root / "comment.md").read_text()
    assert comment.startswith("### `nashgan compare`") and comment == (clone.root / "summary.md").read_text()
    rows = [line for line in comment.splitlines() if line.startswith("| ") and "| ---" not in line]
    assert "![" not in comment, comment
    of_head, of_base = (next(row for row in rows if f"| {name} " in row) for name in (head, base))
    assert "| hinge |" in of_head and "| non_saturating |" in of_base
