"""Many samples: flat memory, the same score for any number of processes, and the subset of pairs in the protocol."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from benchmarks.growth import measured_fid
from record_files import CPU

from nashgan.evaluation.feature_metrics import measure_features
from nashgan.features.network import FeatureNetwork
from nashgan.metrics import METRICS
from nashgan.metrics.feature_metric import FeatureMetric, Features
from nashgan.metrics.frechet import LARGE, total_variance
from nashgan.metrics.interval import Estimate, mean

MILLION, DIM = 1_000_000, 128
MEMORY = 1 << 30  # bytes that a process may have of its own; the features of all samples, in float64, have as many
NETWORK = FeatureNetwork("inception", "0" * 64, 1, "none", torch.Tensor.float, CPU, 1)


def test_a_million_samples_need_little_memory_and_score_the_same_on_two_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    one, two = (measured_fid(MILLION, DIM, processes) for processes in (1, 2))
    assert max(one["bytes"], two["bytes"]) < MEMORY
    assert two["value"] == pytest.approx(one["value"], abs=1e-6)
    assert 0 < one["reach"] < one["value"]


@pytest.mark.parametrize("count", [10, 11])
def test_a_metric_of_pairs_gets_the_first_examples_in_an_order_and_says_so(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measure(real: Features, fake: Features, normalised: bool) -> dict[str, Estimate]:
        return {"first": mean(np.array([real.sum(), fake.sum()]))}

    metric = FeatureMetric(measure, {"first": "k=1"}, at_most=10)
    monkeypatch.setitem(cast(dict[str, Any], METRICS), "first", SimpleNamespace(load=lambda: metric))
    numbers = np.arange(count, dtype=np.float32)[:, None]
    order = np.arange(count)[::-1].copy()
    (found,) = measure_features(NETWORK, numbers, numbers, None, "n=", ("first",), order).values()
    assert found.protocol == ("n= k=1" if count == 10 else "n= subset=10 k=1")
    assert found.value == (45.0 if count == 10 else (45 + 55) / 2)  # 0 … 9 of the real ones; 10 … 1 of the samples
    assert found.samples == count


def test_the_variance_of_many_features_is_that_of_few() -> None:
    features = np.random.default_rng(0).standard_normal((LARGE // 4 + 1, 4), np.float32)
    assert total_variance(features) == pytest.approx(features.var(axis=0, ddof=1, dtype=np.float64).sum(), rel=1e-12)
