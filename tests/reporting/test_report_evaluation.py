"""What the report says of intervals, of the generator that was not averaged, and of the closest training images."""

import html
import json
import re
from typing import Any

import numpy as np
import pytest

from nashgan.features.classifier import DIM, Classifier, save_classifier
from nashgan.params import Params
from nashgan.records.evaluation import Metric
from nashgan.records.paths import Paths
from nashgan.records.reference import Neighbours, write_neighbours
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import write_json
from nashgan.spaces.grid import image_grid, save_png
from nashgan.spaces.image import ImageSpace
from nashgan.stages import report

PAIR = {"sample": 3, "train": 5, "distance": 0.0123}


def change(paths: Paths, name: str, **values: Any) -> None:
    evaluation = json.loads(paths.evaluation.read_text())
    write_json(paths.evaluation, {**evaluation, name: {**evaluation.get(name, evaluation["precision"]), **values}})


def text(paths: Paths, params: Params) -> str:
    report.run(paths, params)
    words = re.sub(r"<(style|script).*?</\1>|<[^>]*>", " ", paths.report.read_text(), flags=re.DOTALL)
    return " ".join(html.unescape(words).split())


@pytest.mark.parametrize(
    ("interval", "floor_interval", "alike"),
    [
        ((24.0, 26.0), (5.0, 6.0), False),
        ((5.9, 26.0), (5.0, 6.0), True),
        ((6.0, 26.0), (5.0, 6.0), True),  # a common point
        ((5.0, 26.0), None, True),  # the floor itself, 5.6, is exact
        ((5.7, 26.0), None, False),
        (None, (5.0, 6.0), False),
    ],
)
def test_overlapping_intervals_are_no_difference(
    interval: tuple[float, float] | None, floor_interval: tuple[float, float] | None, alike: bool
) -> None:
    metric = Metric(value=10, floor=5.6, samples=9, protocol="p", interval=interval, floor_interval=floor_interval)
    assert metric.like_real == alike
    assert not metric.like_raw


def test_a_headline_says_no_difference_where_intervals_overlap(paths: Paths, params: Params) -> None:
    assert "No difference from real images" not in text(paths, params)
    change(paths, "fid", floor_interval=[5.5, 24.2])
    assert "No difference from real images: the intervals overlap." in text(paths, params)


def test_the_generator_that_was_not_averaged_stands_beside(paths: Paths, params: Params) -> None:
    change(paths, "fid", raw={"value": 31.5, "interval": [30.0, 33.0]}, other_seeds=[24.7, 25.3])
    change(paths, "precision", raw={"value": 0.803, "interval": [0.78, 0.82]})
    words = text(paths, params)
    assert "31.5 without averaging of the weights" in words and "31.5 without averaging of the weights:" not in words
    assert "other generation seeds: 24.7, 25.3" in words
    assert "precision 0.812 0.790 – 0.830 0.934 higher 0.803 · no difference" in words
    change(paths, "fid", raw={"value": 25.5, "interval": [24.9, 26.1]})
    assert "25.5 without averaging of the weights: no difference, the intervals overlap" in text(paths, params)


def test_real_images_are_compared_with_held_out_ones(paths: Paths, params: Params) -> None:
    assert "is the floor the same" not in text(paths, params)
    floors = {"value": 9.87, "interval": [9.5, 10.2], "floor": 9.54, "floor_interval": [9.2, 9.9]}
    floors |= {"samples": 1000, "protocol": "p splits:0"}
    change(paths, "fid", held_out_floor=floors)
    assert "fid 1,000 9.54 (9.20 – 9.90) 9.87 (9.50 – 10.2) · no difference" in text(paths, params)
    change(paths, "fid", held_out_floor=floors | {"interval": [9.95, 10.2]})
    assert "fid 1,000 9.54 (9.20 – 9.90) 9.87 (9.95 – 10.2)" in text(paths, params)
    assert "(9.95 – 10.2) · no difference" not in text(paths, params)


def test_other_metrics_say_no_difference(paths: Paths, params: Params) -> None:
    change(paths, "recall", floor_interval=[0.8, 0.95])
    assert "recall 0.812 0.790 – 0.830 0.934 · no difference higher" in text(paths, params)


def test_the_closest_training_images_are_shown(paths: Paths, params: Params) -> None:
    assert "Closest to training images" not in text(paths, params)
    details = {"pairs": [PAIR, PAIR], "p_value": 0.25, "closer_than_all_held_out": 4}
    for name in ("memorisation", "memorisation_inception", "memorisation_pixels"):
        change(paths, name, value=0.516, **details)
        save_png(paths.nearest / f"{name}.png", image_grid(np.zeros((4, 1, 32, 32), np.uint8), 2))
    words = text(paths, params)
    for name in ("classifier features", "Inception features", "pixels"):
        assert f"By {name} , at distances of 0.0123, 0.0123" in words
    assert "closer than unseen real images in 51.6 % of pairs (p = 0.250 for the hypothesis" in words
    assert "4 of 2,000 samples are closer than every one of the unseen images" in words
    assert "memorisation inception 0.516 0.790 – 0.830 0.934 near ½" in words


def test_pairs_without_their_picture_are_one_line(paths: Paths, params: Params) -> None:
    change(paths, "memorisation", pairs=[PAIR])
    with pytest.raises(UserError, match=r"memorisation\.png: not found; run `dvc repro evaluate`"):
        report.run(paths, params)


def test_a_thousand_classes_are_not_listed(paths: Paths, params: Params) -> None:
    path = paths.splits / "manifest.json"
    manifest = json.loads(path.read_text())
    for number, split in enumerate(manifest["splits"].values()):
        split["histogram"] = [number + 1] * 999 + [7]
    write_json(path, {**manifest, "classes": [f"{label:03d}" for label in range(1000)]})
    words = text(paths, params)
    assert "1,000 classes of 6 to 21 images." in words and "Images of each class" not in words


@pytest.mark.parametrize(("accuracy", "warned"), [(0.98, False), (0.6, True)])
def test_the_classifier_says_how_often_it_is_right(paths: Paths, params: Params, accuracy: float, warned: bool) -> None:
    assert "The pipeline’s classifier" not in text(paths, params)  # where there is none
    space = ImageSpace(1, 8, 8)
    test = (accuracy, (accuracy - 0.01, accuracy + 0.01))
    save_classifier(paths.classifier, Classifier(space, 2), "class", ["a", "b"], space, 64, accuracy, test=test)
    train, held_out = np.random.default_rng(0).normal(size=(2, 250, DIM)).astype(np.float32)
    held_out[:50] = train[:50] + np.float32(1e-3)
    write_neighbours(paths.reference, "classifier", Neighbours(train, held_out, np.arange(250)))
    shown = text(paths, params)
    assert "near-duplicates 50 pairs among 500 images" in shown and "; 50 of them in two splits" in shown
    assert f"right on {accuracy:.1%} of the test images" in shown
    assert ("do not trust what it measures" in shown) == warned
