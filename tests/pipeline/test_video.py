"""All stages with clips: every file is written, and every metric has its floor, protocol and baseline."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from nashgan.params import load_params
from nashgan.records.paths import Paths
from nashgan.records.samples import read_samples
from nashgan.stages import classifier, download, evaluate, generate, reference, register, report, split, train

REPOSITORY = Path(__file__).parents[2]
PIPELINE = (download, split, classifier, reference, train, generate, evaluate, report, register)
SMALL = {
    "data": {"name": "moving_digits"},
    "compute": {"device": "cpu"},
    "model": {"width": 2, "latent": 8},
    "classifier": {"images": 1280},
    "reference": {"images": 48},
    "train": {"images": 128, "batch": 32, "log_every": 32, "sample_every": 64, "evaluate_every": 0},
    "generate": {"samples": 48},
    "evaluate": {"seeds": 1},
}
METRICS = {"frame_fcd", "motion_distance", "identity", "memorisation_pixels", "critic_gap"}


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paths]:
    """The results of a tiny run."""
    root = tmp_path_factory.mktemp("workspace")
    values = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    for section, changed in SMALL.items():
        values[section] |= changed
    (root / "params.yaml").write_text(yaml.safe_dump(values))
    (root / "dvc.yaml").write_text("stages: {}\n")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DVC_EXP_NAME", "MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"):
            patch.delenv(name, raising=False)
        for stage in PIPELINE:
            stage.run(Paths(root), load_params(root / "params.yaml"))
    yield Paths(root)


def test_every_metric_has_floor_protocol_and_baseline(paths: Paths) -> None:
    found = json.loads(paths.evaluation.read_text())
    assert found.keys() >= METRICS
    for name in METRICS - {"critic_gap"}:
        metric = found[name]
        assert np.isfinite([metric["value"], metric["floor"], metric["baseline"]["value"]]).all(), name
        assert metric["baseline"]["name"] == "independent frames" and metric["protocol"], name
        assert metric["interval"], name
    assert found["motion_distance"]["baseline"]["value"] > 3 * found["motion_distance"]["floor"]
    assert list(found)[:2] == ["frame_fcd", "motion_distance"]


def test_samples_and_their_pictures(paths: Paths) -> None:
    assert read_samples(paths.samples).values.shape == (48, 16, 1, 32, 32)
    with Image.open(paths.grid) as grid:
        assert grid.size == (16 * 33 - 1, 16 * 33 - 1)  # 16 clips of 16 frames
    with Image.open(paths.film) as film:
        assert film.size == (8 * 33 - 1, 8 * 33 - 1)  # 64 clips that play at the same time
    with Image.open(paths.nearest / "memorisation_pixels.png") as picture:
        assert picture.size == (16 * 33 - 1, 16 * 33 - 1)  # 8 samples above 8 training clips
