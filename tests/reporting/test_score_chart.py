"""The chart of what was measured while the generator learned."""

import json

import numpy as np
import pytest

from nashgan.records.paths import Paths
from nashgan.records.train_run import TrainingScore
from nashgan.reporting.curves import HEALTHY_SCORE, score_charts
from nashgan.reporting.inputs import read_inputs
from nashgan.reporting.sections import curves, lineage
from nashgan.runtime.files import write_json, write_text

SCORE = TrainingScore(name="fcd", floor=0.01, protocol="classifier:0 n=2000")
TITLE = "fcd (Fréchet classifier distance) of the averaged generator"
SCORES = {"images": np.array([16e3, 32e3, 48e3]), "training_fcd": np.array([0.5, 0.05, 0.1])}


def test_samples_stand_beside_real_images() -> None:
    ((chart, healthy),) = score_charts(SCORES, SCORE)
    assert healthy == HEALTHY_SCORE and chart.missing == 0
    assert [(line.name, line.first, line.last) for line in chart.lines] == [
        ("samples", 0.5, 0.1),
        ("real examples", 0.01, 0.01),
    ]


@pytest.mark.parametrize(
    ("scores", "score"),
    [({}, None), ({}, SCORE), (SCORES, None), ({key: values[:1] for key, values in SCORES.items()}, SCORE)],
)
def test_without_a_course_there_is_no_chart(scores: dict[str, np.ndarray], score: TrainingScore | None) -> None:
    assert score_charts(scores, score) == []


@pytest.mark.parametrize("rows", ["", "16000,0.5\n32000,0.05\n"])
def test_the_report_shows_it_and_the_moment_that_was_kept(paths: Paths, rows: str) -> None:
    record = json.loads(paths.train_run.read_text())
    told = {"kept": {"images": 32000, "score": 0.05}, "score": SCORE.model_dump()}
    write_json(paths.train_run, record | told)
    write_text(paths.scores, f"images,training_fcd\n{rows}")
    inputs = read_inputs(paths)
    titles = [chart.title for chart, _ in curves(inputs).context["charts"]]
    assert (TITLE in titles) == bool(rows)
    assert lineage(inputs).context["rows"]["Weights kept"] == "those after 32,000 images seen"
