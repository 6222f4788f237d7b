"""Names of runs and metrics, what differs from the baseline, and the words of descriptions."""

import subprocess
from pathlib import Path

import pytest

from nashgan.tracking.baseline import differences
from nashgan.tracking.lineage import BASELINE, COMMIT, EXPERIMENT
from nashgan.tracking.markdown import OWN_WORDS, Line, run_note, with_own_words
from nashgan.tracking.naming import evaluation_columns, metric_name, run_name

PARAMS = {
    "model.name": "r3gan",
    "objective.loss": "rpgan",
    "objective.penalty": "r1_r2",
    "data.name": "mnist5k",
    "train.seed": "0",
}


@pytest.mark.parametrize(
    ("column", "metric"),
    [
        ("fid", "headline/fid"),
        ("seconds", "headline/seconds"),
        ("samples.kid", "samples/kid"),
        ("floor.fid", "samples/floor/fid"),
        ("kept.images", "training/kept/images"),
        ("d_loss", "training/d_loss"),
        ("training_fcd", "training/fcd"),
    ],
)
def test_metrics_stand_in_sections(column: str, metric: str) -> None:
    assert metric_name(column) == metric


def test_only_the_few_are_headline() -> None:
    columns = evaluation_columns({"fid": 1.0, "kid": 2.0}, {"fid": 3.0, "kid": 4.0})
    assert columns == {"fid": 1.0, "samples.kid": 2.0, "floor.fid": 3.0, "floor.kid": 4.0}


@pytest.mark.parametrize(
    ("changes", "tags", "name"),
    [
        ({}, {}, "r3gan rpgan r1_r2 · mnist5k · seed 0"),
        ({}, {EXPERIMENT: "bold-idea"}, "r3gan rpgan r1_r2 · mnist5k · seed 0 · bold-idea"),
        ({"model.name": "vae"}, {}, "vae · mnist5k · seed 0"),
        ({"model.name": "dcgan", "objective.penalty": "none"}, {}, "dcgan rpgan · mnist5k · seed 0"),
    ],
)
def test_a_name_says_what_was_trained(changes: dict[str, str], tags: dict[str, str], name: str) -> None:
    assert run_name(PARAMS | changes, tags) == name


def test_a_run_of_which_nothing_is_known_has_its_commit() -> None:
    assert (run_name({}, {COMMIT: "c" * 40}), run_name({}, {})) == ("ccccccc", None)


def test_differences_are_of_values_not_of_spelling(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(
        "train: {images: 112k, lr: 2e-4, seed: 0, gone: 1, patience: null}\nmodel: {name: r3gan}\n"
    )
    identity = ("-c", "user.name=n", "-c", "user.email=n@example.org")
    for command in (("init", "-q"), ("add", "."), (*identity, "commit", "-qm", "baseline")):
        subprocess.run(("git", *command), cwd=tmp_path, check=True)
    own = {"train": {"images": 112000, "lr": 0.0002, "seed": 5, "new": 1, "patience": 0}, "model": {"name": "mlp"}}
    assert differences(tmp_path, "HEAD", own) == {"train.seed": ("0", "5"), "model.name": ("r3gan", "mlp")}
    assert differences(tmp_path, "0" * 40, own) is None and differences(tmp_path, None, own) is None


def test_a_description_tells_how_to_train_the_same_again() -> None:
    lines = (Line("fid", 14.72, (14.17, 15.27), 5.985),)
    tags = {BASELINE: "b" * 40, EXPERIMENT: "bold-idea"}
    note = run_note(tags, {"train.seed": ("0", "5"), "data.mirror": ("[]", '["a b"]')}, lines)
    assert "| **fid** | 14.72 | 14.17 – 15.27 | 5.985 |" in note and "`train.seed` 5 (was 0)" in note
    assert "    git checkout bbbbbbb\n    dvc exp run -S train.seed=5 -S 'data.mirror=[\"a b\"]'" in note
    assert "dvc exp apply bold-idea" in run_note(tags, None)
    assert run_note({COMMIT: "c" * 40}, None).endswith("git checkout ccccccc\n    dvc repro")


def test_what_a_user_writes_stays() -> None:
    first = with_own_words("old", "")
    again = with_own_words("new", f"{first}\n\nmy words")
    assert again == f"new\n\n{OWN_WORDS}\n\nmy words" == with_own_words("new", "my words")
