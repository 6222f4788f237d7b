"""Text through all nine stages, from a file of lines to a registered generator."""

from html import escape
from typing import Any

import numpy as np
import pytest
from metric_files import as_written
from PIL import Image
from workspaces import TINY, ready_to_train

from nashgan.evaluation.text import draw_ngrams
from nashgan.metrics.ngrams import START
from nashgan.params import Params, load_params
from nashgan.records.evaluation import read_evaluation
from nashgan.records.paths import Paths
from nashgan.records.reference import read_reference_sets
from nashgan.records.samples import read_samples
from nashgan.records.splits import read_split
from nashgan.stages import classifier, download, evaluate, generate, reference, register, report, split, train

STAGES = (download, split, classifier, reference, train, generate, evaluate, report, register)
SYLLABLES = ("<b>", "ka", "lo", "mi", "&r", "tu", "os")
COUNT = 40


def lines() -> list[str]:
    """343 lines of three syllables each."""
    return [one + two + three for one in SYLLABLES for two in SYLLABLES for three in SYLLABLES]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> tuple[Paths, Params]:
    """What all nine stages leave."""
    root = tmp_path_factory.mktemp("text")
    changes: dict[str, dict[str, Any]] = {
        "data": {"name": "lines", "path": "lines.txt"},
        "split": {"validation": 0.0, "test": 0.5},
        "reference": {"split": "test", "images": 2 * COUNT},
        "train": {**TINY["train"], "images": 640},
        "generate": {"samples": COUNT},
        "evaluate": {"seeds": 1},
    }
    paths = ready_to_train(root, **changes)
    (root / "lines.txt").write_text("\n".join(lines()), encoding="utf-8")
    params = load_params(paths.params)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "DVC_ROOT", "DVC_STAGE", "DVC_EXP_NAME"):
            patch.delenv(name, raising=False)
        for stage in STAGES:
            stage.run(paths, params)
    return paths, params


def test_real_lines_are_held_out_and_the_floor_is_of_the_training_split(workspace: tuple[Paths, Params]) -> None:
    paths, _ = workspace
    sets = read_reference_sets(paths.reference)
    assert sets.split == "test" and len(sets.real) == len(sets.floor) == 2 * COUNT
    for values, name in ((sets.real, "test"), (sets.floor, "train")):
        whole = {row.tobytes() for row in np.asarray(read_split(paths.splits, name).values)}  # type: ignore[arg-type]
        assert all(row.tobytes() in whole for row in values)


def test_every_metric_has_a_floor_a_baseline_and_a_protocol(workspace: tuple[Paths, Params]) -> None:
    paths, _ = workspace
    found = as_written(read_evaluation(paths.evaluation))
    names = [*(f"ngram_jsd_{n}" for n in range(1, 5)), "length_jsd", "distinct", "novel"]
    assert set(found) == {*names, "critic_gap"} and next(iter(found)) == "ngram_jsd_4"
    for name in names:
        metric = found[name]
        assert metric["samples"] == COUNT and metric["protocol"].startswith(f"text n={COUNT} real=test:")
        assert metric["baseline"]["name"] == "4-gram model" and len(metric["other_seeds"]) == 1
        assert {"floor", "raw"} <= metric.keys()
        assert ("interval" in metric) == (name != "distinct")
    assert found["ngram_jsd_4"]["floor"] < 0.5 < found["ngram_jsd_4"]["value"]
    assert found["novel"]["floor"] == 0 and found["distinct"]["floor"] == 1
    assert found["ngram_jsd_2"]["protocol"].endswith("n-grams with a start and end mark")


def test_the_pictures_and_the_page_show_the_lines(workspace: tuple[Paths, Params]) -> None:
    paths, _ = workspace
    for picture in (paths.grid, paths.interpolation, *paths.timeline.glob("*.png")):
        with Image.open(picture) as opened:
            assert min(opened.size) > 20
    page = paths.report.read_text(encoding="utf-8")
    shown = [line for line in lines() if f"{escape(line)}\n" in page]
    assert len(shown) > 30 and any("<b>" in line for line in shown)
    assert not any(line in page for line in lines() if line.startswith("<b><b>"))
    assert 'id="lines"' in page


def test_samples_are_stored_as_lines(workspace: tuple[Paths, Params]) -> None:
    paths, _ = workspace
    values = np.asarray(read_samples(paths.samples).values)
    assert values.dtype == np.uint8 and values.shape == (COUNT, 9)
    ended = np.maximum.accumulate(values == 0, axis=1)
    assert not values[ended].any()


def test_the_ngram_model_has_the_frequencies_of_the_training_lines() -> None:
    train = np.array([[1, 0, 0], [1, 2, 0], [1, 2, 0], [3, 1, 2]], np.uint8)
    drawn = draw_ngrams(train, 4000, 4, np.random.default_rng(0))
    rows, counts = np.unique(drawn, axis=0, return_counts=True)
    assert rows.tolist() == [[1, 0, 0], [1, 2, 0], [3, 1, 2]]  # with so short lines the model knows whole lines
    assert np.allclose(counts / 4000, [1 / 4, 1 / 2, 1 / 4], atol=0.03)


def test_an_ngram_model_of_order_1_draws_characters_independently() -> None:
    train = np.array([[1, 2, 1, 2]] * 3, np.uint8)
    drawn = draw_ngrams(train, 5000, 1, np.random.default_rng(0))
    assert drawn.max() < START and np.isclose((drawn[:, 0] == 0).mean(), 1 / 5, atol=0.02)
    assert np.isclose((drawn[:, 1][drawn[:, 0] == 1] == 1).mean(), 2 / 5, atol=0.04)


def test_evaluation_is_the_same_again(workspace: tuple[Paths, Params]) -> None:
    paths, params = workspace
    assert as_written(evaluate.measure(paths, params).metrics) == as_written(read_evaluation(paths.evaluation))
