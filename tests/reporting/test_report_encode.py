"""The section on vectors: the table of methods, the paired tests and the pictures."""

import html
import json
import re
from typing import Any

import numpy as np

from nashgan.params import Params
from nashgan.records.paths import Paths
from nashgan.runtime.files import write_json
from nashgan.spaces.grid import image_grid, save_png
from nashgan.stages import report


def change(paths: Paths, name: str, **values: Any) -> None:
    evaluation = json.loads(paths.evaluation.read_text())
    write_json(paths.evaluation, {**evaluation, name: {**evaluation["precision"], **values}})


def text(paths: Paths, params: Params) -> str:
    report.run(paths, params)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", paths.report.read_text())).split())


def test_vectors_stand_beside_principal_components(paths: Paths, params: Params) -> None:
    assert "Images as vectors" not in text(paths, params)
    baseline = {"name": "64 principal components", "value": 22.5, "interval": [22.4, 22.7]}
    change(paths, "reconstruction", value=16.6, interval=[16.4, 16.8], baseline=baseline)
    beside = [{"name": "D’s features", "value": 0.952, "interval": [0.93, 0.97]}]
    right = {"baseline": {**baseline, "value": 0.94, "interval": [0.92, 0.96]}, "beside": beside}
    change(paths, "neighbour_accuracy", value=0.904, p_value=0.003, p_values={"D’s features": 0.25}, **right)
    for name in ("reconstructions", "walk"):
        save_png(paths.questions / f"encode-{name}.png", image_grid(np.zeros((4, 1, 32, 32), np.uint8), 2))
    words = text(paths, params)
    assert "Images as vectors" in words
    assert "D’s features – 0.952 (0.930 – 0.970)" in words
    assert "McNemar’s exact test against 64 principal components" in words
    assert "neighbour accuracy D’s features 0.250" in words
    assert "Unseen images at both ends" in words and "7 - 1 + 4" not in words
