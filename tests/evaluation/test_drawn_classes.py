"""The generator's folder says how often each class is drawn, and the protocol says it of the metrics."""

from pathlib import Path

import numpy as np
import pytest
from record_files import write_splits
from tiny_training import parameters

from nashgan.models.config import ModelConfig
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.records.weights import save_config
from nashgan.stages.evaluate import how_drawn
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
