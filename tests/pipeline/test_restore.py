"""Restoring digits from the training to the report, the served model and the command, in a small workspace."""

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
from workspaces import Sections, no_store_named, run_stages, use_quick_inception, write_params

from nashgan.cli import app
from nashgan.commands.sample import SUFFIXES
from nashgan.evaluation.answer import Answer
from nashgan.evaluation.restore import NOTHING, ask
from nashgan.models.config import ModelConfig, build_generator
from nashgan.models.generator import load_generator, save_generator
from nashgan.params import load_params
from nashgan.records.evaluation import read_evaluation
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.records.samples import read_samples
from nashgan.records.splits import read_held_out
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace
from nashgan.spaces.video import VideoSpace
from nashgan.tracking.serving import COLUMNS, ServedGenerator, example, signature

SETTINGS: Sections = {
    "data": {"given": "small+noisy+masked", "noise": 0.1, "mask": 4},
    "classifier": {"images": 128},
    "reference": {"images": 24},
    "evaluate": {"seeds": 1},
    "model": {"latent": 4, "width": 2},
    "train": {"images": 128, "batch": 16, "evaluate_every": 64, "sample_every": 64, "log_every": 64},
}
METRICS = {"psnr", "ssim", "edge_sharpness", "restored_fcd", "restored_accuracy", "variety"}


@pytest.fixture(scope="module", params=["mnist5k", "moving_digits"])
def paths(
    request: pytest.FixtureRequest, digits: Examples, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Paths]:
    """A workspace with a generator that restores, and what it made of 24 held-out digits, or clips of two frames."""
    workspace = write_params(tmp_path_factory.mktemp("restore"), SETTINGS, {"data": {"name": request.param}})
    assert digits.labels is not None
    form, values = ImageSpace(1, 32, 32).format, digits.values
    if request.param == "moving_digits":
        form, values = VideoSpace(2, 1, 32).format, np.stack([values, np.roll(values, 3, axis=3)], axis=1)
    write_splits(
        workspace.splits,
        {"train": Examples(values[:64], digits.labels[:64]), "test": Examples(values[-24:], digits.labels[-24:])},
        examples=form,
    )
    with no_store_named() as patch:
        patch.chdir(workspace.root)
        run_stages(workspace, ("classifier", "train", "generate"))
        yield workspace


@pytest.fixture(scope="module")
def answer(paths: Paths) -> Answer:
    found = ask(paths, load_params(paths.params).evaluate, torch.device("cpu"))
    assert found is not None
    return found


def test_every_metric_has_a_protocol_and_stands_beside_classical_methods(answer: Answer) -> None:
    assert answer.metrics.keys() == METRICS
    for name, metric in answer.metrics.items():
        assert metric.interval and metric.protocol.startswith("small 1/4 + noisy σ=0.1 + masked 4×4 n=24"), name
        if name == "variety":
            continue
        assert metric.baseline and metric.baseline.name == "biharmonic + non-local means + bicubic", name
        assert [other.name for other in metric.beside] == [NOTHING], name
    assert answer.metrics["restored_accuracy"].floor is not None
    assert answer.pictures.keys() == {"rows"}


def test_each_held_out_image_is_restored_once(paths: Paths) -> None:
    samples = read_samples(paths.samples)
    assert len(samples) == 24
    assert samples.labels is None  # they were not drawn for a class


def test_a_generator_without_images_says_what_to_do(paths: Paths) -> None:
    with pytest.raises(UserError, match="nashgan restore"):
        load_generator(paths.generator).sample(0, 4)


def encoded(size: tuple[int, int]) -> bytes:
    """A picture of two frames, of which all pixels are transparent in the first one."""
    file = io.BytesIO()
    first, second = (Image.new("RGBA", size, (9, 9, 9, alpha)) for alpha in (0, 255))
    first.save(file, format="PNG", save_all=True, append_images=[second])
    return file.getvalue()


def space_of(paths: Paths) -> ImageSpace | VideoSpace:
    space = load_generator(paths.generator).space
    assert isinstance(space, ImageSpace | VideoSpace)
    return space


@pytest.mark.parametrize("size", [(8, 8), (32, 32)])
def test_the_command_restores_small_and_enlarged_pictures(paths: Paths, tmp_path: Path, size: tuple[int, int]) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "mine ü.png").write_bytes(encoded(size))
    done = CliRunner().invoke(
        app, ["restore", str(pictures), "--generator", str(paths.generator), "--out", str(tmp_path / "made")]
    )
    assert done.exit_code == 0, done.output
    (made,) = (tmp_path / "made").iterdir()
    with Image.open(made) as picture:
        assert picture.size == (32, 32) and made.stem == "000000-mine_ü"
        assert getattr(picture, "n_frames", 1) == space_of(paths).images_each


def test_the_served_model_and_the_command_make_the_same_of_a_picture(paths: Paths, tmp_path: Path) -> None:
    """A result depends on the seed and on its picture, not on other pictures or on their order."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    contents = []
    for index, example_ in enumerate(read_held_out(paths.splits).values[:3]):
        contents.append(space_of(paths).encode(example_))
        (pictures / f"{index}{SUFFIXES[space_of(paths).media]}").write_bytes(contents[-1])
    tell = ["--generator", str(paths.generator), "--out", str(tmp_path / "made"), "--seed", "3"]
    assert CliRunner().invoke(app, ["restore", str(pictures), *tell]).exit_code == 0
    model = ServedGenerator()
    context = PythonModelContext({"generator": str(paths.generator)}, {})  # type: ignore[no-untyped-call]
    model.load_context(context)
    column = COLUMNS[space_of(paths).media]
    reversed_ = [base64.b64encode(content).decode() for content in contents[::-1]]
    answers = model.predict(context, pd.DataFrame({column: [*reversed_, reversed_[0]], "seed": [3, 3, 3, 4]}))
    served = [base64.b64decode(image) for image in answers[column]]
    assert served[:3][::-1] == [path.read_bytes() for path in sorted((tmp_path / "made").iterdir())]
    z = [load_generator(paths.generator)._latent_of(np.zeros((1, 32, 32), np.uint8), seed) for seed in (3, 4)]
    assert not torch.equal(*z)


def test_the_report_shows_what_was_restored(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """The metrics of any samples are there, too, with other seeds and the raw generator."""
    use_quick_inception(monkeypatch, 32)
    run_stages(paths, ("reference", "evaluate", "report"))
    assert read_evaluation(paths.evaluation).keys() > METRICS
    assert f"Restored {space_of(paths).plural}" in paths.report.read_text()


def refused(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["restore", *arguments])
    assert isinstance(result.exception, UserError)
    return str(result.exception)


def test_what_cannot_be_restored_is_one_line_and_leaves_no_files(paths: Paths, tmp_path: Path) -> None:
    (tmp_path / "other.png").write_bytes(encoded((20, 20)))
    source = ["--generator", str(paths.generator), "--out", str(tmp_path / "made")]
    assert "20 × 20 pixels; this generator restores 8 × 8 or 32 × 32" in refused(str(tmp_path), *source)
    (tmp_path / "other.png").write_bytes(b"no picture")
    assert "not an image of a known format" in refused(str(tmp_path), *source)
    (tmp_path / "other.png").unlink()
    assert "no images there" in refused(str(tmp_path), *source)
    config = ModelConfig(name="mlp", examples=ImageSpace(1, 32, 32).format, latent=2, width=2)
    save_generator(tmp_path / "draws", config, build_generator(config), build_generator(config))
    assert "draws and does not restore" in refused(str(tmp_path), "--generator", str(tmp_path / "draws"))
    assert not (tmp_path / "made").exists()


def test_the_served_model_takes_pictures_and_refuses_the_rest(paths: Paths) -> None:
    model = ServedGenerator()
    context = PythonModelContext({"generator": str(paths.generator)}, {})  # type: ignore[no-untyped-call]
    model.load_context(context)
    config = model.generator.config
    column = COLUMNS[space_of(paths).media]
    assert signature(config).inputs.input_names() == [column, "seed"]
    request = example(config)
    assert list(model.predict(context, request).columns) == ["index", column]
    for wrong in ("no base64!", base64.b64encode(b"no picture").decode(), base64.b64encode(encoded((9, 9))).decode()):
        with pytest.raises(MlflowException, match=f"{column} of row 0"):
            model.predict(context, pd.DataFrame({column: [wrong]}))
    with pytest.raises(MlflowException, match="seed must not be negative"):
        model.predict(context, request.assign(seed=-1))
    with pytest.raises(MlflowException, match="1 to 256"):
        model.predict(context, request.iloc[:0])
