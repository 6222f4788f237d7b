"""Workspaces with tiny parameters: for all stages, or ready for the train stage with a few real digits."""

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from record_files import CPU, write_splits
from shared import write_store

from nashgan.data import mnist5k
from nashgan.data.embedded_digits import embedded_digits
from nashgan.features.classifier import Classifier, save_classifier
from nashgan.features.inception import NAMES
from nashgan.features.network import FeatureNetwork
from nashgan.params import load_params
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.spaces.image import ImageSpace

Sections = dict[str, dict[str, Any]]  # parameters, section by section
REPOSITORY = Path(__file__).parents[2]
STAGES = tuple(yaml.safe_load((REPOSITORY / "dvc.yaml").read_text())["stages"])
PARTS = {"train": slice(0, None, 2), "validation": slice(1, None, 4)}  # 50 and 25 digits
TINY: Sections = {
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
WHOLE: Sections = {  # a whole pipeline in seconds
    "compute": {"device": "cpu"},
    "classifier": {"images": 128},
    "reference": {"images": 64},
    "model": {"latent": 4, "width": 2},
    "train": {"images": 512, "batch": 16, "log_every": 64, "sample_every": 256, "evaluate_every": 256},
    "generate": {"samples": 64},
    "evaluate": {"seeds": 1},
}


def environment(**more: str) -> dict[str, str]:
    """The environment of commands in a workspace: no other store or experiment, no outer make, one thread computes."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "MLFLOW_", "MAKE"))}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return kept | {"PATH": path, "OMP_NUM_THREADS": "1", "MLFLOW_DISABLE_TELEMETRY": "true", **more}


def write_params(root: Path, *changes: Sections) -> Paths:
    """Write this repository's dvc.yaml and params.yaml to `root`, with changes. Later changes win."""
    root.mkdir(parents=True, exist_ok=True)
    values = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    for sections in changes:
        for section, changed in sections.items():
            values[section] |= changed
    (root / "params.yaml").write_text(yaml.safe_dump(values, sort_keys=False))
    shutil.copy2(REPOSITORY / "dvc.yaml", root)
    return Paths(root)


@contextmanager
def no_store_named() -> Iterator[pytest.MonkeyPatch]:
    """Nothing in the environment names a store, an experiment or a stage."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("DVC_", "MLFLOW_"))]:
            patch.delenv(name)
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        yield patch


def run_stages(paths: Paths, stages: Iterable[str] = STAGES) -> None:
    """Run stages in this process."""
    if not paths.mlflow_store.exists():
        write_store(paths)
    for stage in stages:
        import_module(f"nashgan.stages.{stage}").run(paths, load_params(paths.params))


def use_few_digits(patch: pytest.MonkeyPatch) -> None:
    """Let the dataset mnist5k have 625 digits, which are as many as a few steps need."""
    images, labels = _every_eighth_digit()
    patch.setattr(mnist5k, "embedded_digits", lambda: (images, labels))


@cache
def _every_eighth_digit() -> tuple[np.ndarray, np.ndarray]:
    images, labels = embedded_digits()
    return images[::8], labels[::8]


def use_quick_inception(patch: pytest.MonkeyPatch, rows: int) -> None:
    """Put the means of an image's `rows` in the place of Inception, which takes seconds to load."""
    network = FeatureNetwork("inception", "0" * 64, rows, "none", _means_of_rows, CPU, 8, NAMES, "")
    for module in ("nashgan.stages.reference", "nashgan.evaluation.image"):
        patch.setattr(f"{module}.load_inception", lambda *_: network)


def _means_of_rows(images: torch.Tensor) -> torch.Tensor:
    return images.float().mean(dim=(1, 3))


def ready_to_train(root: Path, **changes: dict[str, Any]) -> Paths:
    """Make a workspace in which the stage train can run. `changes` are parameters, section by section."""
    paths = write_params(root, TINY, changes)
    (root / "dvc.yaml").write_text("stages: {}\n")
    digits, known = _some_digits()
    write_splits(paths.splits, {name: Examples(digits[part], known[part]) for name, part in PARTS.items()})
    write_classifier(paths)
    write_store(paths)
    return paths


@cache
def _some_digits() -> tuple[np.ndarray, np.ndarray]:
    images, labels = embedded_digits()
    return np.pad(images[::50, None], ((0, 0), (0, 0), (2, 2), (2, 2))), labels[::50]


def write_classifier(paths: Paths, seed: int = 0) -> None:
    """Write a classifier with random weights from `seed`."""
    torch.manual_seed(seed)
    shape, digits = ImageSpace(1, 32, 32), list("0123456789")
    save_classifier(paths.classifier, Classifier(shape, len(digits)), "class", digits, shape, 0, None)
