"""Stacked digits through the pipeline's stages: one digit classifier for all channels, and modes in the evaluation."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from metric_files import as_written
from record_files import CPU, write_samples

from nashgan.data import stacked_mnist
from nashgan.data.source import channel_labels
from nashgan.features.classifier import load_classifier
from nashgan.params import Params, parse_params
from nashgan.records.arrays import write_array
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.records.samples import read_samples
from nashgan.records.splits import read_split
from nashgan.stages import classifier, download, evaluate, reference, split

COUNT = 16


@pytest.fixture(scope="module")
def params() -> Params:
    values = yaml.safe_load((Path(__file__).parents[2] / "params.yaml").read_text(encoding="utf-8"))
    values["data"] |= {"name": "stacked_mnist", "image_size": 28}
    values["classifier"] |= {"images": 6400}
    values["reference"] |= {"images": COUNT}
    return parse_params(values)


@pytest.fixture(scope="module")
def workspace(params: Params, tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """All stages before train; the samples are held-out stacks."""
    paths = Paths(tmp_path_factory.mktemp("stacked"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stacked_mnist, "STACKS", 1000)
        download.run(paths, params)
    for stage in (split, classifier, reference):
        stage.run(paths, params)
    write_samples(paths.samples, Examples(read_split(paths.splits, "test").values[:COUNT]))
    return paths


def test_one_network_looks_at_each_channel(workspace: Paths) -> None:
    loaded = load_classifier(workspace.classifier, CPU)
    assert (loaded.config.task, loaded.config.classes) == ("channel", list("0123456789"))
    assert loaded.config.accuracy is not None and loaded.config.accuracy > 0.85
    data = read_split(workspace.splits, "test")
    assert data.labels is not None
    features = loaded.network.features(data.values)
    assert features.shape == (len(data), loaded.network.dim) == (len(data), 3 * 128)
    right = loaded.channel_classes(features) == channel_labels(np.asarray(data.labels), 3, 10)
    assert right.mean() > 0.85
    swapped = loaded.network.features(data.values[:, ::-1])
    np.testing.assert_allclose(swapped.reshape(-1, 3, 128)[:, ::-1], features.reshape(-1, 3, 128), atol=1e-5)
    np.testing.assert_array_equal(loaded.predict(data.values), loaded.probabilities(features))


def test_modes_stand_in_the_evaluation(workspace: Paths, params: Params) -> None:
    result = as_written(evaluate.measure(workspace, params).metrics)
    modes, kl = result["modes"], result["modes_kl"]
    assert (modes["of"], modes["samples"], modes["higher_is_better"]) == (1000, COUNT, True)
    assert COUNT - 2 <= modes["value"] <= COUNT and COUNT - 2 <= modes["floor"] <= COUNT
    assert modes["protocol"] == result["fcd"]["protocol"] and kl["protocol"].endswith(" modes=800")
    for metric in (modes, kl):
        assert metric["interval"][0] <= metric["value"] <= metric["interval"][1]
        assert metric["floor_interval"][0] <= metric["floor"] <= metric["floor_interval"][1]
    assert not {"class_kl", "classifier_score", "class_accuracy"} & result.keys()


def test_a_collapsed_generator_has_few_modes(workspace: Paths, params: Params) -> None:
    path = workspace.samples / "samples.examples.npy"
    before = np.array(np.load(path))
    write_array(path, before[[0, 1] * (COUNT // 2)])
    collapsed = as_written(evaluate.measure(workspace, params).metrics)
    write_array(path, before)
    assert collapsed["modes"]["value"] == 2
    assert collapsed["modes_kl"]["value"] > 1.5 + collapsed["modes_kl"]["floor"]


def test_asked_for_modes_are_compared(workspace: Paths, params: Params) -> None:
    labels = read_split(workspace.splits, "test").labels
    assert labels is not None
    samples = np.array(read_samples(workspace.samples).values)
    write_samples(workspace.samples, Examples(samples, labels[:COUNT]))
    accuracy = as_written(evaluate.measure(workspace, params).metrics)["class_accuracy"]
    write_samples(workspace.samples, Examples(samples))
    assert accuracy["value"] > 0.6 and accuracy["floor"] > 0.6  # all three digits right
