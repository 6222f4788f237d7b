"""The question "encode": metrics beside principal components, and pictures, of a tiny trained encoder."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from record_files import CPU, write_splits
from workspaces import ready_to_train

from nashgan.evaluation.encode import ask, compared
from nashgan.evaluation.params import EvaluateParams
from nashgan.evaluation.representations import Components, pixels
from nashgan.params import load_params
from nashgan.records.examples import Examples
from nashgan.records.names import SplitName, UnseenName
from nashgan.records.paths import Paths
from nashgan.records.splits import SplitsManifest, read_manifest
from nashgan.stages import train

EVALUATE = EvaluateParams(
    inception_weights=None, dinov2_weights=None, clip_weights=None, resizer="bilinear", seeds=0, inception_again=False
)
PICTURES = {"reconstructions", "neighbours", "walk", "arithmetic"}


def trained(root: Path, digits: Examples, **model: object) -> Paths:
    """A workspace with some steps of a training that has not seen the last digits."""
    paths = ready_to_train(root, model=model, train={"images": 48, "evaluate_every": 0})
    parts: dict[SplitName | UnseenName, slice] = {
        "train": slice(0, 120),
        "test": slice(120, 200),
        "unseen": slice(200, 230),
    }
    assert digits.labels is not None
    write_splits(paths.splits, {name: Examples(digits.values[at], digits.labels[at]) for name, at in parts.items()})
    train.run(paths, load_params(paths.params))
    return paths


@pytest.fixture(scope="module")
def inverse(digits: Examples, tmp_path_factory: pytest.TempPathFactory) -> Paths:
    return trained(tmp_path_factory.mktemp("inverse"), digits, encoder="inverse")


def test_every_metric_stands_beside_principal_components(inverse: Paths) -> None:
    answer = ask(inverse, EVALUATE, CPU)
    assert answer is not None and answer.pictures.keys() == PICTURES
    found = answer.metrics
    assert found.keys() == {
        *("reconstruction", "reconstruction_agreement", "probe_accuracy", "neighbour_accuracy", "anomaly_auroc")
    }
    for metric in found.values():
        assert metric.baseline is not None and metric.baseline.name == "4 principal components"
        assert metric.interval is not None and metric.baseline.interval is not None and metric.higher_is_better
    beside = {name: [one.name for one in found[name].beside] for name in found}
    assert beside["neighbour_accuracy"] == ["D’s features", "the classifier, told all labels"]
    assert beside["anomaly_auroc"] == ["D’s score", "error in D’s features"]
    assert found["neighbour_accuracy"].p_values.keys() == {"D’s features", "the classifier, told all labels"}
    assert found["probe_accuracy"].baseline is not None and found["probe_accuracy"].baseline.value


def test_what_was_measured_once_is_measured_again(inverse: Paths) -> None:
    one, other = (ask(inverse, EVALUATE, CPU) for _ in range(2))
    assert one is not None and other is not None and one.metrics == other.metrics


def test_bigan_is_measured_too(digits: Examples, tmp_path: Path) -> None:
    paths = trained(tmp_path, digits, encoder="adversarial")
    answer = ask(paths, EVALUATE, CPU)
    assert answer is not None
    assert [one.name for one in answer.metrics["anomaly_auroc"].beside] == ["D’s score", "error in D’s features"]


def test_a_training_without_an_encoder_was_not_asked(inverse: Paths, tmp_path: Path) -> None:
    paths = Paths(tmp_path / "copy")
    shutil.copytree(inverse.root, paths.root)
    values = yaml.safe_load(paths.params.read_text())
    values["model"] |= {"encoder": "none", "conditional": False}
    values["split"]["without_classes"] = []
    paths.params.write_text(yaml.safe_dump(values))
    train.run(paths, load_params(paths.params))
    assert ask(paths, EVALUATE, CPU) is None  # and the encoder of the training before is gone
    assert not (paths.generator / "encoder").exists()


def test_principal_components_reconstruct_what_they_span() -> None:
    random = np.random.default_rng(0)
    base = random.uniform(0, 40, (2, 64))
    images = (100 + random.uniform(-1, 1, (50, 2)) @ base).round().astype(np.uint8).reshape(50, 1, 8, 8)
    components = Components(images, 5)
    assert components(images).shape == (50, 5)
    assert np.abs(components.reconstructed(images).astype(int) - images).max() <= 2
    assert pixels(images).max() <= 1


def test_the_methods_are_compared_image_by_image() -> None:
    ours = np.array([True] * 9 + [False])
    metric = compared({"vectors": ours, "rival": ~ours, "third": ours}, "p")
    assert metric.value == 0.9 and metric.baseline is not None and metric.baseline.value == pytest.approx(0.1)
    assert metric.p_value == metric.p_values["third"] == pytest.approx(22 / 1024)


def test_the_manifest_of_all_classes_does_not_name_what_is_left_out(digits: Examples, tmp_path: Path) -> None:
    assert digits.labels is not None
    write_splits(tmp_path, {"train": Examples(digits.values[:4], digits.labels[:4])})
    manifest: SplitsManifest = read_manifest(tmp_path)
    assert set(manifest.splits) == {"train"}
