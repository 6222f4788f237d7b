"""A command that cannot write its result, or is given no generator, says so in one line before it computes."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner
from workspaces import write_params

from nashgan.cli import app
from nashgan.models.config import ModelConfig, build_generator
from nashgan.models.encoder import save_encoder
from nashgan.models.generator import load_generator, save_generator
from nashgan.models.vae import Encoder
from nashgan.records.degradation import Degradation
from nashgan.records.given import Given
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace
from nashgan.spaces.points import PointSpace
from nashgan.spaces.space import Space

IMAGE = ImageSpace(1, 16, 16)


def save(folder: Path, name: str, space: Space, given: Given | None = None) -> None:
    """A generator with random weights."""
    config = ModelConfig(name=name, examples=space.format, latent=3, width=2, given=given)
    torch.manual_seed(0)
    generator = build_generator(config)
    save_generator(folder, config, generator, generator)
    if name == "vae":
        save_encoder(folder, config, Encoder(IMAGE, 3, 2, 0))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a generator of each kind, pictures, and what is no place to write to."""
    root = tmp_path_factory.mktemp("home")
    write_params(root)
    save(root / "models" / "generator", "mlp", IMAGE)
    save(root / "points", "dense", PointSpace((0.0,), 1.0))
    save(root / "vae", "vae", IMAGE)
    save(root / "unet", "unet", IMAGE, Degradation(kinds=("noisy",), noise=0.5))
    (root / "pictures").mkdir()
    for index in range(2):
        noise = np.random.default_rng(index).integers(0, 256, (16, 16), np.uint8)
        Image.fromarray(noise).save(root / "pictures" / f"{index}.png")
    np.save(root / "vectors.npy", np.zeros((2, 3), np.float32))
    (root / "file").write_text("")
    (root / "empty").mkdir()
    (root / "folder.npy").mkdir()
    shutil.copytree(root / "vae", root / "torn")
    (root / "torn" / "weights.safetensors").unlink()
    return root


def refusal(home: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> str:
    """The line that a command ends with. Nothing is written."""
    monkeypatch.chdir(home)
    before = sorted(home.rglob("*"))
    result = CliRunner().invoke(app, command.split())
    assert isinstance(result.exception, UserError), result.output
    assert sorted(home.rglob("*")) == before
    return str(result.exception)


@pytest.mark.parametrize(
    "command",
    [
        "sample --out",
        "sample points --out",
        "decode vectors.npy --generator vae --out",
        "restore pictures --generator unet --out",
        "advise pictures/0.png --out",
        "compare --out",
    ],
)
@pytest.mark.parametrize("out", ["file", "file/below"])
def test_a_file_is_no_folder(home: Path, monkeypatch: pytest.MonkeyPatch, command: str, out: str) -> None:
    assert refusal(home, monkeypatch, f"{command} {out}").endswith("file: is a file; name a folder")


@pytest.mark.parametrize(
    "command",
    [
        "encode pictures --generator vae --out",
        "features pictures --inception-weights absent --out",
        "evaluate-images pictures pictures --inception-weights absent --out",
        "evaluate-images pictures pictures --judge --out",
    ],
)
def test_a_folder_is_no_file(home: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    assert refusal(home, monkeypatch, f"{command} folder.npy") == "folder.npy: is a folder; name a file"
    assert refusal(home, monkeypatch, f"{command} file/x.npy").endswith("file: is a file; name a folder")


@pytest.mark.parametrize("command", ["encode pictures --generator vae --out", "features pictures --out"])
def test_an_array_is_written_under_the_name_of_one(home: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    assert refusal(home, monkeypatch, f"{command} new.txt").endswith("are written as a .npy file; name one")


def test_what_the_system_refuses_to_write_is_one_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = "x" * 300
    assert "cannot be written (File name too long)" in refusal(home, monkeypatch, f"sample --out {long}")
    assert "cannot be written" in refusal(home, monkeypatch, f"encode pictures --generator vae --out {long}.npy")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("absent", "no folder, and no results of a commit or an experiment"),
        ("file", "no folder, and no results of a commit or an experiment"),
        ("empty", "no generator there; run `dvc repro train`, or name the folder of another one"),
        ("pictures", "no generator there; run `dvc repro train`, or name the folder of another one"),
    ],
)
def test_a_place_without_a_generator_is_named_with_what_to_name(
    home: Path, monkeypatch: pytest.MonkeyPatch, source: str, reason: str
) -> None:
    for command in (f"sample {source} --out new", f"restore pictures --generator {source} --out new"):
        assert refusal(home, monkeypatch, command).startswith(f"{source}: {reason}")
    assert "weights.safetensors: not found" in refusal(home, monkeypatch, "sample torn --out new")


def test_a_huge_count_begins_at_once_and_knows_wrong_classes(tmp_path: Path) -> None:
    config = ModelConfig(name="mlp", examples=IMAGE.format, latent=3, width=2, classes=2, histogram=(1, 1))
    network = build_generator(config)
    save_generator(tmp_path, config, network, network)
    generator = load_generator(tmp_path)
    _, images = next(generator.blocks(0, 10**14))  # the labels of all were drawn before the first image
    np.testing.assert_array_equal(images[:3], generator.sample(0, 3))
    with pytest.raises(UserError, match="class 2"):
        generator.blocks(0, 10**14, label=2)
