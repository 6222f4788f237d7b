"""Translating digits from the training to the report, the served model and the command, in a small workspace."""

import base64
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from mlflow.exceptions import MlflowException
from mlflow.pyfunc.model import PythonModelContext
from PIL import Image
from record_files import write_splits
from typer.testing import CliRunner
from workspaces import Sections, no_store_named, run_stages, write_params

from nashgan.cli import app
from nashgan.evaluation.answer import Answer
from nashgan.evaluation.translate import ANOTHER, RESIZED, ask
from nashgan.models.generator import load_generator
from nashgan.params import load_params
from nashgan.records.examples import Examples
from nashgan.records.names import SplitName
from nashgan.records.paths import Paths
from nashgan.records.samples import read_samples
from nashgan.runtime.errors import UserError
from nashgan.tracking.serving import ServedGenerator, example, signature

SETTINGS: Sections = {
    "data": {"other": "digits8"},
    "classifier": {"images": 128},
    "model": {"latent": 4, "width": 2},
    "train": {"images": 64, "batch": 8, "evaluate_every": 32, "sample_every": 32, "log_every": 32},
}
METRICS = {
    "read_right": RESIZED,
    "translated_fcd": RESIZED,
    "back_fcd": RESIZED,
    "cycle_error": ANOTHER,
    "back_cycle_error": ANOTHER,
}


@pytest.fixture(scope="module")
def paths(digits: Examples, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paths]:
    """A workspace with a generator that translates, and what it made of 20 held-out digits of another dataset."""
    workspace = write_params(tmp_path_factory.mktemp("translate"), SETTINGS)
    turned = Examples(np.ascontiguousarray(digits.values[:, :, ::-1]), digits.labels)
    for folder, data, name in ((workspace.splits, digits, "mnist5k"), (workspace.other_splits, turned, "digits8")):
        assert data.labels is not None
        parts: dict[SplitName, Examples] = {
            "train": data.first(64),
            "validation": Examples(data.values[-30:-20], data.labels[-30:-20]),
            "test": Examples(data.values[-20:-10], data.labels[-20:-10]),
        }
        write_splits(folder, parts, source={"name": name})
    with no_store_named() as patch:
        patch.chdir(workspace.root)
        run_stages(workspace, ("classifier", "train", "generate"))
        yield workspace


@pytest.fixture(scope="module")
def answer(paths: Paths) -> Answer:
    found = ask(paths, load_params(paths.params).evaluate, torch.device("cpu"))
    assert found is not None
    return found


def test_every_metric_has_a_protocol_a_floor_an_interval_and_a_baseline(answer: Answer) -> None:
    assert answer.metrics.keys() == METRICS.keys()
    for name, metric in answer.metrics.items():
        count = 10 if name.startswith("back") else 20  # the way back begins with the test split
        assert metric.protocol.startswith(f"from digits8 n={count} "), name
        assert metric.interval and metric.floor is not None, name
        assert metric.baseline and metric.baseline.name == METRICS[name], name
    assert answer.metrics["read_right"].higher_is_better
    assert answer.pictures.keys() == {"there", "back"}


def test_each_held_out_image_of_the_other_dataset_is_translated_once(paths: Paths) -> None:
    samples = read_samples(paths.samples)
    assert len(samples) == 20
    assert samples.labels is None  # they were not drawn for a class


def test_the_labels_change_nothing_in_the_training(paths: Paths) -> None:
    config = load_generator(paths.generator).config
    assert config.classes == 0 and config.given is not None


def test_a_generator_without_images_says_what_to_do(paths: Paths) -> None:
    with pytest.raises(UserError, match="nashgan translate"):
        load_generator(paths.generator).sample(0, 4)


def encoded(size: tuple[int, int]) -> bytes:
    file = io.BytesIO()
    Image.new("L", size, 90).save(file, format="PNG")
    return file.getvalue()


def asked(command: str, *arguments: str) -> str:
    """What a command that is refused says."""
    result = CliRunner().invoke(app, [command, *arguments])
    assert isinstance(result.exception, UserError)
    return str(result.exception)


def test_the_command_translates_small_pictures_and_refuses_others(paths: Paths, tmp_path: Path) -> None:
    pictures, made = tmp_path / "pictures", tmp_path / "made"
    pictures.mkdir()
    (pictures / "mine.png").write_bytes(encoded((20, 20)))
    options = ["--generator", str(paths.generator), "--out", str(made)]
    assert "20 × 20 pixels; this generator translates 8 × 8 or 32 × 32" in asked("translate", str(pictures), *options)
    assert "translates and does not restore" in asked("restore", str(pictures), *options)
    assert not made.exists()
    for size in ((8, 8), (32, 32)):
        (pictures / "mine.png").write_bytes(encoded(size))
        done = CliRunner().invoke(app, ["translate", str(pictures), *options])
        assert done.exit_code == 0, done.output
        with Image.open(made / "000000-mine.png") as picture:
            assert picture.size == (32, 32)


def test_the_served_model_takes_pictures_and_refuses_the_rest(paths: Paths) -> None:
    model = ServedGenerator()
    context = PythonModelContext({"generator": str(paths.generator)}, {})  # type: ignore[no-untyped-call]
    model.load_context(context)
    config = model.generator.config
    assert signature(config).inputs.input_names() == ["image", "seed"]
    assert list(model.predict(context, example(config)).columns) == ["index", "image"]
    with pytest.raises(MlflowException, match="translates 8 × 8 or 32 × 32"):
        model.predict(context, pd.DataFrame({"image": [base64.b64encode(encoded((9, 9))).decode()]}))
