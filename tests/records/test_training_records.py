"""What a training leaves: models/train_run.json, its history and its timeline."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from record_files import train_run

from nashgan.records.history import read_history, read_scores, write_curves, write_history, write_scores
from nashgan.records.pictures import Frame, Picture, read_timeline
from nashgan.records.train_run import TrainRun, WatchdogEvent, flat_params, parse_train_run
from nashgan.runtime.errors import UserError
from nashgan.spaces.grid import image_grid, save_png

PARAMS = {"model": {"name": "mlp"}, "objective": {"loss": "hinge"}, "train": {"images": 6400}}
RUN = train_run(PARAMS, experiment="bold-idea")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"params": {**PARAMS, "model": {}}}, "model.name is missing"),
        ({"params": {**PARAMS, "objective": {"loss": None}}}, "objective.loss is missing"),
        ({"params": {"model": PARAMS["model"], "objective": PARAMS["objective"]}}, "train.images is missing"),
        ({"tags": {}}, "nashgan.training is missing"),
        ({"generator": ""}, "generator: "),
        ({"seconds": float("nan")}, "seconds: "),
        ({"started": "yesterday"}, "started: "),
    ],
)
def test_a_training_must_say_what_it_was(change: dict[str, Any], fault: str) -> None:
    values = RUN.model_dump(mode="json") | change
    content = TrainRun.model_construct(**values).model_dump_json(warnings=False).encode()
    with pytest.raises(UserError, match=r"^run 7: .*; run `dvc repro train` there$") as error:
        parse_train_run(content, "run 7")
    assert fault in str(error.value)
    assert parse_train_run(RUN.model_dump_json().encode(), "run 7") == RUN


def test_a_training_knows_its_last_step_and_which_events_end_it() -> None:
    assert RUN.images == 6400
    early = WatchdogEvent(images=4800, kind="patience", detail="")
    assert RUN.model_copy(update={"events": [early]}).images == 4800
    fatal = {kind for kind in ("non_finite", "explosion", "collapse", "few_classes", "d_won", "patience")
             if WatchdogEvent(images=1, kind=kind, detail="").fatal}  # fmt: skip
    assert fatal == {"non_finite", "explosion"}
    assert flat_params({"a": {"b": {"c": 1}, "d": None}, "e": []}) == {"a.b.c": 1, "a.d": None, "e": []}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("images,d_loss\n1,2\n", "no column img_s"),
        ("images,img_s\n1,a\n", "not readable as numbers"),
        ("images,img_s\n1,\n", "not readable as numbers"),
        ("images,img_s\n1\n", "not readable as numbers"),
        ("images,img_s\n1,2,3\n", "not readable as numbers"),
    ],
)
def test_a_history_of_other_columns_or_words_is_one_line(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "history.csv"
    path.write_text(text)
    with pytest.raises(UserError, match=rf"^{path}: {fault}.*; run `dvc repro train`$") as error:
        read_history(path)
    assert "\n" not in str(error.value)


def test_a_history_may_have_numbers_that_are_not_finite_and_scores_no_row(tmp_path: Path) -> None:
    write_history(tmp_path / "history.csv", [{"images": 1.0, "d_loss": float("nan"), "img_s": float("inf")}])
    (row,) = read_history(tmp_path / "history.csv")
    assert np.isnan(row["d_loss"]) and np.isinf(row["img_s"])
    write_scores(tmp_path / "score.csv", [])
    assert read_scores(tmp_path / "score.csv") == []


def test_each_column_of_the_history_has_a_curve_and_no_other_game_one(tmp_path: Path) -> None:
    (tmp_path / "curves").mkdir()
    (tmp_path / "curves" / "kl.csv").write_text("of a VAE")
    rows = [{"images": 32.0, "d_loss": 0.1, "img_s": 9.5}, {"images": 64.0, "d_loss": 1e-300, "img_s": 1 / 3}]
    write_curves(tmp_path / "curves", rows)
    assert {path.name for path in (tmp_path / "curves").iterdir()} == {"d_loss.csv", "img_s.csv"}
    assert (tmp_path / "curves" / "d_loss.csv").read_text() == "images,d_loss\n32.0,0.1\n64.0,1e-300\n"


def test_the_timeline_is_in_the_order_of_images_seen(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"timeline: not found; run `dvc repro train`$"):
        read_timeline(tmp_path / "timeline")
    for shade, seen in enumerate((6400, 0, 10**9)):
        images = np.full((2, 1, 8, 8), shade, np.uint8)
        save_png(tmp_path / "timeline" / f"{seen:09d}.png", image_grid(images, 2))
    (tmp_path / "timeline" / "notes.png").write_bytes(b"mine")
    frames = [(seen, (tmp_path / "timeline" / f"{seen:09d}.png").read_bytes()) for seen in (0, 6400, 10**9)]
    assert read_timeline(tmp_path / "timeline") == [Frame(seen, Picture(png, 17, 8)) for seen, png in frames]
