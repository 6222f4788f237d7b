"""`nashgan encode` and `nashgan decode`: images to vectors and back, and what is refused."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from nashgan.cli import app
from nashgan.commands.vectors import decode_vectors, encode_images
from nashgan.models.config import ModelConfig, build_generator
from nashgan.models.encoder import Encoder, load_codec, save_encoder
from nashgan.models.generator import save_generator
from nashgan.models.vae import Encoder as VAEEncoder
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace

SPACE = ImageSpace(1, 32, 32)
PICTURES = np.random.default_rng(0).integers(0, 256, (70, 1, 32, 32), dtype=np.uint8)


def generator(folder: Path, name: str = "dcgan", classes: int = 0) -> ModelConfig:
    torch.manual_seed(0)
    config = ModelConfig(name=name, examples=SPACE.format, latent=4, width=2, classes=classes)
    module = build_generator(config)
    save_generator(folder, config, module, module)
    return config


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "generator"
    family = generator(folder).model_copy(update={"name": "conv"})
    save_encoder(folder, family, Encoder(family))
    return folder


def test_vectors_go_out_and_come_back_as_images(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    for index in range(3):
        Image.fromarray(PICTURES[index, 0]).save(tmp_path / "pictures" / f"{index}.png")
    np.save(tmp_path / "pictures.npy", PICTURES)
    tell = ["--generator", str(trained), "--out"]
    for name in ("pictures", "pictures.npy", "pictures/1.png"):
        out = tmp_path / f"{name.replace('/', '-')}-vectors.npy"
        done = CliRunner().invoke(app, ["encode", str(tmp_path / name), *tell, str(out)])
        assert done.exit_code == 0, done.output
    found = np.load(tmp_path / "pictures.npy-vectors.npy")
    assert found.shape == (70, 4) and found.dtype == np.float32
    np.testing.assert_array_equal(np.load(tmp_path / "pictures-vectors.npy"), found[:3])  # each by itself
    np.testing.assert_array_equal(np.load(tmp_path / "pictures-1.png-vectors.npy"), found[1:2])

    source = str(tmp_path / "pictures.npy-vectors.npy")
    done = CliRunner().invoke(app, ["decode", source, *tell, str(tmp_path / "drawn")])
    assert done.exit_code == 0 and done.stdout == f"70 images in {tmp_path / 'drawn'}\n"
    codec = load_codec(trained, torch.device("cpu"))
    assert codec is not None
    drawn = np.asarray(Image.open(tmp_path / "drawn" / "000069.png"))
    np.testing.assert_array_equal(drawn, codec.decode(found[69:])[0, 0])


def test_the_encoder_of_a_vae_serves_too(tmp_path: Path) -> None:
    config = generator(tmp_path / "generator", "vae")
    encoder = VAEEncoder(SPACE, 4, 2)
    save_encoder(tmp_path / "generator", config, encoder)
    codec = load_codec(tmp_path / "generator", torch.device("cpu"))
    assert codec is not None
    with torch.no_grad():
        mean, _ = encoder.eval()(SPACE.to_players(torch.from_numpy(PICTURES[:64])))
    np.testing.assert_allclose(codec.encode(PICTURES)[:64], mean, rtol=1e-4, atol=1e-5)


def picture(path: Path, side: int = 32, mode: str = "L") -> None:
    Image.new(mode, (side, side)).save(path.with_suffix(".png"))
    path.with_suffix(".png").rename(path)


def cut(path: Path) -> None:
    """A file whose size and colours can be read, and whose pixels cannot."""
    Image.fromarray(PICTURES[0, 0]).save(path)
    path.write_bytes(path.read_bytes()[:-100])


def among_others(folder: Path) -> None:
    folder.mkdir()
    for index in (0, 2):
        Image.fromarray(PICTURES[index, 0]).save(folder / f"{index}.jpg")
    cut(folder / "1.jpg")


@pytest.mark.parametrize(
    ("name", "write", "told"),
    [
        ("large.png", lambda path: picture(path, 48), "48 × 48 pixels; the encoder takes 32 × 32"),
        ("colours.png", lambda path: picture(path, mode="RGB"), "has colours"),
        ("broken.png", lambda path: path.write_bytes(b"no picture"), "not readable as an image"),
        ("cut.jpg", cut, r"cut\.jpg is not readable"),
        ("cut.bmp", cut, r"cut\.bmp is not readable"),
        ("one cut among others", among_others, r"1\.jpg is not readable"),
        ("empty", Path.mkdir, "no images there"),
        ("other.npy", lambda path: np.save(path, PICTURES[:, :, 1:, 1:]), r"\(1, 31, 31\)"),
        ("missing", lambda path: None, "not found"),
    ],
)
def test_other_images_are_refused(
    trained: Path, tmp_path: Path, name: str, write: Callable[[Path], object], told: str
) -> None:
    write(tmp_path / name)
    with pytest.raises(UserError, match=told) as refused:
        encode_images(tmp_path / name, str(trained), tmp_path / "out.npy")
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "out.npy").exists()


@pytest.mark.parametrize(
    ("vectors", "told"),
    [
        (np.zeros((2, 5), np.float32), "vectors of 5 numbers; this generator takes 4"),
        (np.zeros(4, np.float32), r"must be numbers of the form \(N, latent\)"),
        (np.zeros((0, 4), np.float32), "no vectors there"),
        (np.array([[0, 0, 0, 0], [0, np.nan, 0, 0]], np.float32), "vector 1 is not finite"),
        (np.array([[0, 1e300, 0, 0]]), "vector 0 is not finite"),
        (np.array([["a", "b", "c", "d"]]), "must be numbers"),
    ],
)
def test_other_vectors_are_refused(trained: Path, tmp_path: Path, vectors: np.ndarray, told: str) -> None:
    np.save(tmp_path / "vectors.npy", vectors)
    with pytest.raises(UserError, match=told):
        decode_vectors(tmp_path / "vectors.npy", str(trained), tmp_path / "drawn")
    assert not (tmp_path / "drawn").exists()


def test_a_generator_without_an_encoder_is_refused(tmp_path: Path) -> None:
    for name, classes in (("plain", 0), ("told", 10)):
        generator(tmp_path / name, classes=classes)
        with pytest.raises(UserError, match="has no encoder"):
            decode_vectors(tmp_path / "vectors.npy", str(tmp_path / name), tmp_path / "drawn")
    with pytest.raises(UserError, match=r"written as a \.npy file"):
        encode_images(tmp_path, str(tmp_path / "plain"), tmp_path / "vectors.txt")
