"""The generator's folder says how often each class is drawn, and the protocol says it of the metrics."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from record_files import write_splits
from tiny_training import parameters
from torch import Tensor, nn

from nashgan.evaluation.other_samples import measure_other_samples
from nashgan.evaluation.sample_metrics import SampleMetrics
from nashgan.evaluation.view import View
from nashgan.features.classifier import Classifier, ClassifierConfig, LoadedClassifier
from nashgan.features.reference import compute_reference, draw_real_and_floor
from nashgan.models.config import ModelConfig
from nashgan.models.generator import LoadedGenerator
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.records.reference import write_reference_labels
from nashgan.records.samples import read_samples
from nashgan.records.weights import save_config
from nashgan.spaces.image import ImageSpace
from nashgan.stages.evaluate import how_drawn
from nashgan.stages.generate import write_samples
from nashgan.stages.train_inputs import model_config

LABELS = np.array([0] * 9 + [1], np.int64)
IMAGES = np.zeros((10, 1, 32, 32), np.uint8)


@pytest.mark.parametrize(
    ("labels", "conditional", "histogram", "drawn"),
    [
        (LABELS, True, (9, 1, *[0] * 8), "classes=train"),
        (LABELS, False, None, "classes=train"),  # as it has learned them: to be compared with the former
        (None, False, None, ""),
    ],
)
def test_samples_have_the_classes_of_the_training_split(
    tmp_path: Path, labels: np.ndarray | None, conditional: bool, histogram: tuple[int, ...] | None, drawn: str
) -> None:
    paths, data = Paths(tmp_path), Examples(IMAGES, labels)
    manifest = write_splits(paths.splits, {"train": data})
    config = model_config(paths, data, manifest, parameters(model={"conditional": conditional}))
    assert config.histogram == histogram
    save_config(paths.generator, config)
    assert how_drawn(paths) == drawn


def test_a_generator_that_draws_equal_parts_has_another_protocol(tmp_path: Path) -> None:
    """One that was trained before its folder had the frequencies."""
    paths = Paths(tmp_path)
    manifest = write_splits(paths.splits, {"train": Examples(IMAGES, LABELS)})
    save_config(paths.generator, ModelConfig(name="dcgan", examples=manifest.examples, latent=4, width=2, classes=10))
    assert how_drawn(paths) == "classes=equal"


CPU = torch.device("cpu")
STEP = 20  # of brightness, from one class to the next
UNEVEN = ModelConfig(
    name="dcgan", examples=ImageSpace(1, 8, 8).format, latent=4, width=2, classes=10, histogram=(91, *[1] * 9)
)


class Painter(nn.Module):
    """Draws its class as an image's brightness, with a little noise."""

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        noise = (z[:, :1].abs() * 4).clamp(max=STEP - 1).int()
        bright = (STEP * labels[:, None] + noise).to(torch.uint8)[:, :, None, None].expand(-1, 1, 8, 8)
        return UNEVEN.space.to_players(bright)


class Reader(LoadedClassifier):
    """Knows a class by the brightness that it is painted with."""

    def __init__(self) -> None:
        config = ClassifierConfig(
            task="class", classes=list("0123456789"), examples=UNEVEN.examples, images=0, accuracy=1.0, sha256="0" * 64
        )
        super().__init__(config, Classifier(ImageSpace(1, 8, 8), 10), CPU)
        self.network = replace(self.network, dim=2, forward=lambda images: images.float()[:, 0, 0, :2])

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        found: np.ndarray = np.eye(10, dtype=np.float32)[(features[:, 0] // STEP).astype(int)]
        return found


def class_of(images: np.ndarray) -> np.ndarray:
    found: np.ndarray = images[:, 0, 0, 0] // STEP
    return found


def test_beside_each_sample_stands_its_class(tmp_path: Path) -> None:
    write_samples(LoadedGenerator(UNEVEN, Painter(), "", CPU), tmp_path, 3, 300)
    written = read_samples(tmp_path)
    assert written.labels is not None
    assert np.array_equal(class_of(np.asarray(written.values)), np.asarray(written.labels))
    assert (np.asarray(written.labels) == 0).mean() > 0.8  # and not a tenth


def test_samples_of_other_seeds_are_judged_by_their_own_classes(tmp_path: Path) -> None:
    generator, count, paths = LoadedGenerator(UNEVEN, Painter(), "", CPU), 300, Paths(tmp_path)
    real = generator.sample(100, 3 * count)
    train = Examples(real, class_of(real).astype(np.int64))
    classifier = Reader()
    network = classifier.network
    reals, floor = draw_real_and_floor(count, train, train, "train")
    write_reference_labels(paths.reference, reals.labels, floor.labels)
    view = View(network, compute_reference(network, reals.values, floor.values, "train"), generator.sample(0, count))
    write_samples(generator, paths.samples, 0, count)
    of_samples = SampleMetrics(paths, classifier, view, generator.labels(0, count))
    before = view.distances() | of_samples.classes()
    found = measure_other_samples(of_samples, [view], (generator, generator), 2, before)
    assert found["class_accuracy"].value == 1 and found["class_accuracy"].other_seeds == [1, 1]
