"""The report's section of other results, and its bars by class."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nashgan.comparison.known_results import KnownResults
from nashgan.params import Params
from nashgan.records.evaluation import Metric
from nashgan.records.paths import Paths
from nashgan.reporting.classes import class_by_class
from nashgan.reporting.comparison import side_by_side, this_run
from nashgan.reporting.inputs import read_inputs
from nashgan.reporting.page import render
from nashgan.runtime.files import write_json
from nashgan.stages import report


def test_other_results_are_a_table_sorted_by_fid(paths: Paths, others: KnownResults) -> None:
    html = render(replace(read_inputs(paths), others=others))
    section = html.split('<section id="comparison"')[1].split("</section>")[0]
    order = [section.index(f">{name}<") for name in ("better", "this run", "worse")]
    assert order == sorted(order)
    assert section.count("data:image/png;base64,") == 3
    for words in ("commit <b>main</b>", "20 newest of the 25 experiments", "objective.loss <b>rpgan</b>", "12.0 [11.5"):
        assert words in " ".join(section.split())
    assert "train.images" not in section and "model.width" not in section  # they are the same
    assert "Not compared: damaged: reports/samples/grid.png" in section


def test_a_run_is_described_by_the_files_of_its_stages(paths: Paths) -> None:
    row = this_run(read_inputs(paths))
    assert (row.name, row.source) == ("this run", "experiment loyal-otter")
    assert row.params["train.images"] == 320_000 and row.params["generate.samples"] == 128
    assert (row.metrics["fid"].value, row.metrics["fid"].interval) == (24.91, (24.12, 25.7))
    assert row.seconds == 148.2 and row.img_s == pytest.approx(320_000 / 148.2)
    assert row.first_samples is not None


def test_numbers_that_are_not_finite_are_none(paths: Paths) -> None:
    paths.evaluation.write_text(
        '{"fid": {"value": NaN, "floor": 5, "interval": [NaN, Infinity], "samples": 2, "protocol": "p"}}'
    )
    metric = this_run(read_inputs(paths)).metrics["fid"]
    assert (metric.value, metric.floor, metric.interval) == (None, 5, None)


def test_without_other_results_there_is_no_section(paths: Paths) -> None:
    inputs = read_inputs(paths)
    assert side_by_side(inputs) is None
    html = render(inputs)
    assert 'id="comparison"' not in html and 'href="#comparison"' not in html


def test_a_report_outside_of_git_says_in_one_line_why_nothing_is_compared(paths: Paths, params: Params) -> None:
    report.run(paths, params)
    html = paths.report.read_text()
    assert html.count("Not compared: ") == 1 and "this needs a Git repository with a commit" in html


SHARES = {"classes": {"0": 0.99, "1": 0.5, "2": 0.75, "3": 0.6, "4": 1.0, "<i>": 0.9}}
DISTANCES = {"classes": {"0": 0.1, "1": 0.8, "2": None, "3": 0.2, "4": 0.4, "<i>": 0.3}}


def test_classes_have_bars_and_the_worst_are_named(paths: Paths, params: Params) -> None:
    evaluation = json.loads(paths.evaluation.read_text())
    accuracy = {**evaluation["precision"], "value": 0.79, "floor": 0.98, **SHARES}
    distance = {**evaluation["fcd"], "value": 0.36, "floor": 0.02, **DISTANCES}
    write_json(paths.evaluation, evaluation | {"class_accuracy": accuracy, "fcd_per_class": distance})
    report.run(paths, params)
    section = " ".join(paths.report.read_text().split('<section id="classes"')[1].split("</section>")[0].split())
    assert "Least often recognised: <b>1</b> (50.0 %), <b>3</b> (60.0 %), <b>2</b> (75.0 %)." in section
    assert "Farthest from the real images: <b>1</b> (0.800), <b>4</b> (0.400)." in section
    assert 'class="worst" width="50.0"' in section and 'class="worst" width="100.0"' in section
    assert "&lt;i&gt;" in section and "too few" in section
    assert "79.0 %, real images 98.0 %" in section and "0.360, real images 0.0200" in section


def test_unconditional_models_have_no_bars(paths: Paths) -> None:
    assert class_by_class(read_inputs(paths).evaluation) is None


@given(st.dictionaries(st.text(max_size=3), st.none() | st.floats(0, 1), min_size=1, max_size=12))
def test_any_classes_have_bars_that_fit(classes: dict[str, float | None]) -> None:
    metric = Metric(value=0.5, floor=None, samples=2, protocol="p", classes=classes)
    made = class_by_class({"class_accuracy": metric, "fcd_per_class": metric})
    assert made is not None
    for bars in made["bars"]:
        assert all(0 <= bars.length(name) <= 100 for name in classes)
        assert len(bars.worst) <= 3 and set(bars.worst) <= {name for name in classes if classes[name] is not None}
