"""Models that are not adversarial: what params.yaml says of them, and what the generate stage adds."""

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image

from nashgan.data.store import Images, write_images, write_manifest
from nashgan.errors import UserError
from nashgan.models import DISCRIMINATORS, GENERATORS, NOT_ADVERSARIAL, PARTNERS
from nashgan.models.bundle import ModelConfig, build_generator, load_generator, save_generator, to_uint8
from nashgan.models.shape import ImageShape
from nashgan.models.vae import Encoder
from nashgan.models.weights import save_config, save_weights
from nashgan.params import Params, parse_params
from nashgan.paths import Paths
from nashgan.stages import generate


def parameters(**changes: dict[str, object]) -> Params:
    values = yaml.safe_load((Path(__file__).parents[1] / "params.yaml").read_text())
    for section, changed in changes.items():
        values[section] |= changed
    return parse_params(values)


def test_a_model_is_adversarial_or_not() -> None:
    assert not GENERATORS.keys() & NOT_ADVERSARIAL.keys()
    assert not PARTNERS.keys() & NOT_ADVERSARIAL.keys()
    for name in GENERATORS | NOT_ADVERSARIAL:
        model = parameters(model={"name": name}).model
        assert model.adversarial == (name in GENERATORS)
        assert model.partner_name in (DISCRIMINATORS if model.adversarial else (name,))


@pytest.mark.parametrize("name", NOT_ADVERSARIAL)
def test_the_objective_says_nothing_of_them(name: str) -> None:
    senseless: dict[str, object] = {"loss": "lsgan", "penalty": "clip"}
    with pytest.raises(UserError, match="objective"):
        parameters(objective=senseless)
    assert parameters(model={"name": name}, objective=senseless).objective.penalty == "clip"


def test_a_gaussian_with_classes_is_refused_before_anything_is_done() -> None:
    with pytest.raises(UserError, match=r"^params.yaml: model: model 'gaussian' knows no classes; set .*false$"):
        parameters(model={"name": "gaussian", "conditional": True})
    assert parameters(model={"name": "vae", "conditional": True}).model.conditional


@pytest.mark.parametrize("beta", [0, -1, float("nan"), float("inf")])
def test_beta_is_positive(beta: float) -> None:
    with pytest.raises(UserError, match=r"params.yaml: model.beta"):
        parameters(model={"beta": beta})


def workspace(root: Path, name: str = "vae", classes: int = 0, images: int = 37, split: str = "test") -> Paths:
    """What split and train leave, for new models."""
    paths = Paths(root)
    config = ModelConfig(name=name, image=ImageShape(channels=1, size=32), latent=4, width=2, classes=classes)
    torch.manual_seed(0)
    model = build_generator(config)
    save_generator(paths.generator, config, model, model)
    save_weights(paths.discriminator / "weights.safetensors", Encoder(config.image, 4, 2, classes))
    save_config(paths.discriminator, config)
    pictures = np.random.default_rng(0).integers(0, 256, (images, 1, 32, 32), dtype=np.uint8)
    write_images(paths.splits, split, Images(pictures, np.arange(images) % classes if classes else None))
    write_manifest(paths.splits, {"splits": {split: {"count": images}}})
    return paths


@pytest.mark.parametrize(
    ("classes", "images", "rows", "columns"), [(0, 37, 8, 8), (3, 37, 8, 8), (0, 13, 2, 8), (0, 3, 2, 3)]
)
def test_reconstructions_stand_below_real_images(
    tmp_path: Path, classes: int, images: int, rows: int, columns: int
) -> None:
    paths = workspace(tmp_path, classes=classes, images=images)
    generate.run(paths, parameters(generate={"samples": 2}))
    grid = np.asarray(Image.open(paths.reconstructions))
    assert grid.shape == (33 * rows - 1, 33 * columns - 1)
    real = np.load(paths.splits / "test.images.npy")
    decoder = load_generator(paths.generator)
    for index in (0, columns - 1):
        above, below = (grid[33 * row : 33 * row + 32, 33 * index : 33 * index + 32] for row in (0, 1))
        assert np.array_equal(above, real[index, 0])
        labels = np.array([index % classes]) if classes else None
        anywhere = to_uint8(decoder(torch.zeros(1, 4), labels))[0, 0].astype(int)
        assert np.abs(below - anywhere).max() < 20  # a new encoder's mean is near zero


@pytest.mark.parametrize("split", ["validation", "train"])
def test_without_test_images_others_are_reconstructed(tmp_path: Path, split: str) -> None:
    paths = workspace(tmp_path, split=split)
    generate.run(paths, parameters(generate={"samples": 2}))
    assert paths.reconstructions.is_file()


@pytest.mark.parametrize("name", ["mlp", "gaussian"])
def test_others_have_no_reconstructions(tmp_path: Path, name: str) -> None:
    paths = workspace(tmp_path, name)
    paths.sample_figures.mkdir(parents=True)
    paths.reconstructions.write_bytes(b"of another model")
    generate.run(paths, parameters(generate={"samples": 2}))
    assert not paths.reconstructions.exists()


def test_another_models_partner_is_refused_in_one_line(tmp_path: Path) -> None:
    paths = workspace(tmp_path)
    save_weights(paths.discriminator / "weights.safetensors", torch.nn.Linear(1, 1))
    with pytest.raises(
        UserError, match=r"discriminator/weights.safetensors: holds other tensors .* `dvc repro train`$"
    ):
        generate.run(paths, parameters(generate={"samples": 2}))
