"""All metrics on features: the same whatever the batch size (1e-6), the order (1e-6) and the threads (1e-4)."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from record_files import CPU
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from nashgan.evaluation.feature_metrics import measure_features
from nashgan.features.classifier import load_classifier, save_classifier
from nashgan.features.classifier_training import train_classifier
from nashgan.features.network import FeatureNetwork
from nashgan.features.params import ClassifierParams
from nashgan.features.reference import content_order
from nashgan.records.examples import Examples
from nashgan.spaces.image import ImageSpace

NAMES = [str(digit) for digit in range(10)]
SUBSETS = {"kcd", "fcd_infinity"}  # drawn by place, so the samples are put in the order of their content


@pytest.fixture(scope="module")
def network(digits: Examples, tmp_path_factory: pytest.TempPathFactory) -> FeatureNetwork:
    assert digits.labels is not None
    folder = tmp_path_factory.mktemp("classifier")
    train = Examples(digits.values[:1000], digits.labels[:1000])
    module = train_classifier(train, NAMES, ClassifierParams(seed=0, images=3200, batch=64, lr=0.002), CPU)
    save_classifier(folder, module, "class", NAMES, ImageSpace(1, 32, 32), 3200, None)
    return load_classifier(folder, CPU).network


@pytest.fixture(scope="module")
def samples(digits: Examples) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, 30, (600, 1, 32, 32))
    made: np.ndarray = (digits.values[2000:2600] + noise).clip(0, 255).astype(np.uint8)
    return made


def measured(network: FeatureNetwork, digits: Examples, samples: np.ndarray) -> dict[str, float | None]:
    real = network.features(digits.values[1000:1600])
    fake = network.features(samples)[content_order(samples)]
    entries = measure_features(network, real, fake, None, "")
    assert entries.keys() > SUBSETS
    values = {name: metric.value for name, metric in entries.items()}
    assert None not in values.values()
    return values


def test_batch_size(network: FeatureNetwork, digits: Examples, samples: np.ndarray) -> None:
    expected = measured(network, digits, samples)
    for batch in (7, 600):
        assert measured(replace(network, batch=batch), digits, samples) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_order_of_content(digits: Examples) -> None:
    images, shuffled = digits.values[:300], np.random.default_rng(0).permutation(300)
    order, again = content_order(images), content_order(images[shuffled])
    assert sorted(order) == list(range(300)) and (order != np.arange(300)).any()
    np.testing.assert_array_equal(images[order], images[shuffled][again])
    assert len(content_order(images[:0])) == 0


def test_order(network: FeatureNetwork, digits: Examples, samples: np.ndarray) -> None:
    expected, turned = measured(network, digits, samples), measured(network, digits, samples[::-1])
    assert turned == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_threads(network: FeatureNetwork, digits: Examples, samples: np.ndarray) -> None:
    expected, threads = measured(network, digits, samples), torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        with threadpool_limits(2):
            assert measured(network, digits, samples) == pytest.approx(expected, rel=1e-4, abs=1e-4)
    finally:
        torch.set_num_threads(threads)
