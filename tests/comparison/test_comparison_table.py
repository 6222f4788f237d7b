"""The logic of the tables, without files."""

import json
import statistics
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nashgan.comparison.page import marks
from nashgan.comparison.results import Compared, Row, comparable_params, compared
from nashgan.comparison.table import NO_DIFFERENCE, differing, grouped, tables, verdicts, without_copies
from nashgan.comparison.text import as_markdown, print_tables, tables_json
from nashgan.records.evaluation import parse_evaluation
from nashgan.runtime.errors import UserError


def row(name: str, fid: float | None, protocol: str = "p", **more: Any) -> Row:
    interval = more.pop("interval", None)
    params = more.pop("params", {})
    metric = Compared(value=fid, protocol=protocol, floor=5.5, interval=interval)
    return Row(name, more.pop("source", "experiment"), params, {"fid": metric}, more.pop("seconds", None), None, None)


def test_verdicts_speak_of_the_best_and_of_what_cannot_be_told_from_it() -> None:
    rows = [
        row("far", 40.0, interval=(38.0, 42.0)),
        row("best", 20.0, interval=(18.0, 22.0)),
        row("near", 23.0, interval=(21.5, 24.5)),
        row("without", 20.5),
        row("diverged", None),
    ]
    assert verdicts(rows, "fid") == ["", "best", NO_DIFFERENCE, "", ""]
    assert verdicts([row("diverged", None), row("too", None)], "fid") == ["", ""]
    assert verdicts([row("alone", 3.0)], "fid") == [""]


def test_protocols_have_tables_of_their_own_sorted_by_fid_with_what_is_missing_last() -> None:
    rows = [row("b", 3.0), row("x", 1.0, protocol="other"), row("c", None), row("a", 2.0)]
    first, second = tables(rows)
    assert [member.name for member in first.rows] == ["a", "b", "c"]
    assert first.protocols == {"fid": "p"}
    assert [member.name for member in second.rows] == ["x"]
    assert second.protocols == {"fid": "other"}


@given(st.lists(st.tuples(st.sampled_from("pqr"), st.none() | st.floats(0, 100)), max_size=12))
def test_no_row_is_lost_and_no_table_mixes_protocols(drawn: list[tuple[str, float | None]]) -> None:
    rows = [row(str(place), fid, protocol) for place, (protocol, fid) in enumerate(drawn)]
    made = tables(rows)
    assert sorted(member.name for table in made for member in table.rows) == sorted(member.name for member in rows)
    for table in made:
        assert {member.metrics["fid"].protocol for member in table.rows} == {table.protocols["fid"]}
        values = [member.metrics["fid"].value for member in table.rows]
        known = [value for value in values if value is not None]
        assert values == sorted(known) + [None] * (len(values) - len(known))
    assert len({table.protocols["fid"] for table in made}) == len(made)


def test_rows_sort_by_any_column_and_a_misspelt_one_is_refused() -> None:
    rows = [row("a", 1.0, seconds=9.0), row("b", 2.0, seconds=3.0), row("c", 3.0)]
    assert [member.name for member in tables(rows, "seconds")[0].rows] == ["b", "a", "c"]
    assert [member.name for member in tables(rows, "name")[0].rows] == ["a", "b", "c"]
    with pytest.raises(UserError, match=r"^--sort speed: unknown column \(known: fid, fcd, .*, img_s, name\)$"):
        tables(rows, "speed")


def test_only_parameters_with_several_values_differ_and_a_missing_one_is_no_value() -> None:
    same = {"model.width": 32, "data.mirror": []}
    rows = [
        row("a", 1.0, params={"objective.loss": "hinge", "train.seed": 0, **same}),
        row("b", 1.0, params={"objective.loss": "wgan", **same, "model.conditional": False}),
    ]
    assert differing(rows) == ["objective.loss"]


def test_parameters_written_differently_are_the_same() -> None:
    written = {"train": {"images": "320k", "lr_generator": "2e-4"}, "evaluate.inception_weights": None}
    read = {"train": {"images": 320000, "lr_generator": 0.0002}, "evaluate": {"inception_weights": None}}
    assert comparable_params(written) == comparable_params(read)
    assert comparable_params({"model": {"name": "dcgan"}}) == {"model.name": "dcgan"}


@given(st.lists(st.floats(1, 100), min_size=2, max_size=6))
def test_seeds_become_mean_and_deviation(values: list[float]) -> None:
    rows = [
        row(f"hinge-s{seed}", value, params={"objective.loss": "hinge", "train.seed": seed}, seconds=10.0 + seed)
        for seed, value in enumerate(values)
    ]
    (one,) = grouped(rows)
    metric = one.metrics["fid"]
    assert (one.name, one.seeds, one.params) == ("hinge", len(values), {"objective.loss": "hinge"})
    middle, deviation = statistics.mean(values), statistics.stdev(values)
    assert (metric.value, metric.deviation) == pytest.approx((middle, deviation))
    assert metric.interval == pytest.approx((middle - deviation, middle + deviation))
    assert one.seconds == pytest.approx(10 + (len(values) - 1) / 2)


def test_grouping_keeps_others_apart_and_counts_a_seed_once() -> None:
    hinge = {"objective.loss": "hinge", "train.seed": 0, "generate.seed": 0}
    rows = [
        row("hinge", 20.0, params=hinge),
        row("again", 20.0, params=hinge),
        row("resampled", 22.0, params={**hinge, "generate.seed": 1}),
        row("lsgan", 30.0, params={**hinge, "objective.loss": "lsgan"}, interval=(29.0, 31.0)),
    ]
    one, other = grouped(rows)
    assert (one.seeds, one.metrics["fid"].value) == (2, 21.0)
    assert (other.seeds, other.metrics["fid"].interval, other.metrics["fid"].deviation) == (1, (29.0, 31.0), None)
    table = tables(rows, group_seeds=True)[0]
    assert table.grouped and table.differing == ["objective.loss"]


def test_one_diverged_seed_leaves_no_mean() -> None:
    (one,) = grouped([row("a-1", 20.0, params={"train.seed": 0}), row("a-2", None, params={"train.seed": 1})])
    assert (one.seeds, one.metrics["fid"].value, one.metrics["fid"].deviation) == (2, None, None)


def test_workspace_and_mlflow_run_of_a_known_result_are_left_out() -> None:
    rows = [
        row("main", 20.0, source="commit"),
        row("same", 20.0),
        row("workspace", 20.0, source="workspace"),
        row("run", 20.0, source="MLflow run"),
        row("new", 21.0, source="MLflow run"),
    ]
    assert [member.name for member in without_copies(rows)] == ["main", "same", "new"]


def test_an_evaluation_of_other_metrics_too_gives_those_of_the_table() -> None:
    kid, fid = b'{"value": 1, "protocol": "p", "samples": 9}', b'{"value": 2, "protocol": "p", "samples": 9'
    evaluation = parse_evaluation(b'{"kid": ' + kid + b', "fid": ' + fid + b', "interval": [1, 3], "x": 0}}', "w")
    assert compared(evaluation) == {"fid": Compared(value=2, protocol="p", interval=(1, 3))}


@given(st.lists(st.none() | st.floats(0, 1e9), max_size=8))
def test_marks_lie_on_the_line_in_the_order_of_values(values: list[float | None]) -> None:
    drawn = marks([Compared(value=value, protocol="p", floor=5.5) for value in values])
    assert [mark is None for mark in drawn] == [not value for value in values]
    placed = sorted((value, mark.value) for value, mark in zip(values, drawn, strict=True) if value and mark)
    assert all(0 <= at <= 100 for _, at in placed)
    assert [at for _, at in placed] == sorted(at for _, at in placed)


def test_names_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    made = tables([row("[bold]x[/y] :smile:", 1.0), row("a|b", 2.0, interval=(1.5, 2.5))])
    print_tables(made)
    printed = capsys.readouterr().out
    assert "[bold]x[/y] :smile:" in printed and "2.00 [1.50, 2.50]" in printed
    (told,) = json.loads(tables_json(made))
    assert [(one["name"], one["verdict"]) for one in told["rows"]] == [("[bold]x[/y] :smile:", "best"), ("a|b", "")]
    assert told["rows"][1]["metrics"]["fid"]["interval"] == [1.5, 2.5] and "first_samples" not in told["rows"][0]
    assert "| a\\|b | 2.00 [1.50, 2.50] | 5.50 | – | – |  | – |" in as_markdown(made, {})
