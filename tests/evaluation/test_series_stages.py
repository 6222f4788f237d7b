"""Series of a file through all nine stages, to a registered generator."""

import numpy as np
import pytest
from PIL import Image
from workspaces import TINY, Sections, no_store_named, run_stages, write_params

from nashgan.evaluation.series import normal_samples
from nashgan.features import series_predictor
from nashgan.records.evaluation import read_evaluation
from nashgan.records.paths import Paths
from nashgan.records.samples import read_samples
from nashgan.records.splits import read_split

COUNT = 50
METRICS = {"spectrum_distance", "autocorrelation_distance", "marginal_distance", "predictive_score"}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """What all nine stages leave of random walks with three channels."""
    root = tmp_path_factory.mktemp("series")
    np.save(root / "own.npy", np.random.default_rng(0).normal(size=(300, 10, 3)).cumsum(axis=1))
    changes: Sections = {
        "data": {"name": "series_file", "path": "own.npy"},
        "reference": {"images": COUNT},
        "train": {"images": 480},
        "model": {"name": "gru"},
        "generate": {"samples": COUNT},
        "evaluate": {"seeds": 1},
    }
    paths = write_params(root, TINY, changes)
    with no_store_named() as patch:
        patch.setattr(series_predictor, "STEPS", 20)
        run_stages(paths)
    return paths


def test_every_metric_has_a_floor_a_baseline_and_a_protocol(workspace: Paths) -> None:
    found = read_evaluation(workspace.evaluation)
    assert set(found) == {*METRICS, "critic_gap"} and list(found)[:2] == ["spectrum_distance", "predictive_score"]
    for name in METRICS:
        metric = found[name]
        assert metric.value is not None and metric.floor is not None
        assert metric.samples == COUNT and metric.protocol.startswith(f"series n={COUNT} real=train:")
        assert metric.baseline and metric.baseline.name == "normal distribution" and metric.baseline.value is not None
        assert len(metric.other_seeds) == 1 and metric.raw is not None
        assert (metric.interval is None) == (name == "predictive_score")
    assert "steps=" in found["predictive_score"].protocol and "held-out=60" in found["predictive_score"].protocol
    baseline = found["spectrum_distance"].baseline
    assert baseline is not None and baseline.value is not None and found["spectrum_distance"].value is not None
    assert baseline.value < found["spectrum_distance"].value  # the walks are a normal distribution


def test_pictures_page_and_samples(workspace: Paths) -> None:
    samples = np.asarray(read_samples(workspace.samples).values)
    assert samples.shape == (COUNT, 10, 3) and samples.dtype == np.float32
    for picture in (workspace.grid, workspace.interpolation, *workspace.timeline.glob("*.png")):
        with Image.open(picture) as image:
            assert min(image.size) > 100
    page = workspace.report.read_text(encoding="utf-8")
    assert "Distance from the real series" in page and "distance of the spectra" in page
    assert "10 positions of 3 channels" in page


def test_the_baseline_has_mean_and_covariance_of_the_training_series(workspace: Paths) -> None:
    real = np.array(read_split(workspace.splits, "train").values)
    drawn, train = (part.reshape(-1, 30) for part in (normal_samples(real, 20_000, 0), real))
    covariance = np.cov(train.T, bias=True)
    np.testing.assert_allclose(np.cov(drawn.T), covariance, atol=0.05 * covariance.max())
    np.testing.assert_allclose(drawn.mean(axis=0), train.mean(axis=0), atol=0.05 * covariance.max() ** 0.5)
