"""`make applications`: every ready experiment has a row, which says what the records say; all other text stays."""

from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.applications import APPLICATIONS, BEGIN, END, PAGE, queued, row, settings, shown, updated
from benchmarks.tradeoff import Point, curves
from record_files import train_run

from nashgan.records.evaluation import Baseline, Metric
from nashgan.runtime.errors import UserError

REPOSITORY = Path(__file__).parents[2]
PARAMS = {"model": {"name": "mlp"}, "objective": {"loss": "hinge"}, "train": {"images": 4000}}
BICUBIC = Baseline(name="bicubic", value=0.875)
METRIC = Metric(value=0.5, interval=(0.25, 0.75), floor=0.1, protocol="", samples=9, baseline=BICUBIC)


FETCHED = {"mnist", "fashion_mnist", "cifar10", "folder"}  # datasets that are downloaded, or a user's own


def test_every_script_of_embedded_data_has_one_row_and_the_row_names_a_line_of_it() -> None:
    scripts = set()
    for path in REPOSITORY.glob("experiments/*.sh"):
        lines = list(queued(path, FACES="/home/me/faces"))
        if not all(any(f"data.name={name}" in line for name in FETCHED) for line in lines):
            scripts.add(str(path.relative_to(REPOSITORY)))
    assert sorted(str(application.script) for application in APPLICATIONS) == sorted(scripts)
    for application in APPLICATIONS:
        assert settings(application, REPOSITORY)[0] == "-S"


def test_a_row_has_the_metric_the_command_the_seconds_and_the_machine() -> None:
    run = train_run(PARAMS)
    made = row(
        replace(APPLICATIONS[0], metrics=("modes",)), {"modes": METRIC}, run, ["train.images=4k"], "2 cores, EPYC"
    )
    assert made == (
        "| points | `sh experiments/points.sh -S train.images=4k`, its line `points-grid25` | "
        "modes 0.5 (0.25 to 0.75; floor 0.1; bicubic 0.875); "
        f"trained in {run.seconds:.0f} s ({run.device}; 2 cores, EPYC); "
        "[picture](pictures/applications/points-grid25.png) |"
    )
    assert shown("fid", Metric(value=None, protocol="", samples=9)) == "fid not finite"
    assert shown("fid", None) == "fid not measured"


def test_only_rows_that_were_measured_are_replaced_and_the_text_around_stays() -> None:
    table = "| kind | command |\n|---|---|\n| points | by hand |\n| judge | by hand |\n"
    page = f"before\n{BEGIN}\n{table}{END}\nafter\n"
    made = updated(page, {"points": "| points | measured |", "losses": "| losses | measured |"})
    measured = table.replace("points | by hand", "points | measured") + "| losses | measured |\n"
    assert made == page.replace(table, measured)
    assert updated(made, {"losses": "| losses | measured |"}) == made
    with pytest.raises(UserError, match="between which the table stands"):
        updated("no table", {})


def test_the_page_has_the_table_whose_rows_are_replaced() -> None:
    page = (REPOSITORY / PAGE).read_text()
    assert updated(page, {}) == page


def test_the_trade_off_is_drawn_from_the_rows_of_the_page() -> None:
    rows = "| noise | no D | 21.3 | 95.9 % | 0.011 (0.009 to 0.013) | 1 |\n"
    rows += "| | 5, seed 1 | 20.4 | 95.8 % | 0.004 (0.003 to 0.005) | 0.4 |\n"
    rows += "| | 5 | 20.5 | 95.7 % | 0.0037 (0.0025 to 0.0048) | 0.33 |\n"
    assert curves(f"text\n{rows}text") == {
        "noise": [Point("no D", 21.3, 0.011, 0.009, 0.013), Point("5", 20.5, 0.0037, 0.0025, 0.0048)]
    }
    found = curves((REPOSITORY / PAGE).read_text())
    assert len(found) == 2 and all(
        [one.weight for one in points] == ["no D", "20", "5", "1"] for points in found.values()
    )
    with pytest.raises(UserError, match="no table of pixel weights"):
        curves("no table")
