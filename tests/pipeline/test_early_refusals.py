"""What the data cannot give is refused by the stage that first knows it, before a classifier or features take time."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from workspaces import Sections, write_params

from nashgan.models.config import ModelConfig, build_generator
from nashgan.models.generator import save_generator
from nashgan.params import load_params
from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace
from nashgan.stages import download, split

SMALL: Sections = {"data": {"name": "folder", "image_size": 16}, "train": {"batch": 8}, "model": {"width": 2}}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of noise: of two classes, 40 and 20 images; of one class; and of wide pictures."""
    root, random = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for folder, count, shape in (
        ("classes/a", 40, (16, 16)),
        ("classes/b", 20, (16, 16)),
        ("plain", 60, (16, 16)),
        ("wide", 30, (20, 32, 3)),
    ):
        (root / folder).mkdir(parents=True)
        for index in range(count):
            Image.fromarray(random.integers(0, 256, shape, np.uint8)).save(root / folder / f"{index:02}.png")
    return root


def workspace(root: Path, pictures: Path, folder: str, changes: Sections) -> Paths:
    """A workspace with these pictures; its paths begin with the folder of the pictures."""
    own = {"data": {"path": str(pictures / folder)}}
    paths = write_params(root, SMALL, own, changes)
    (root / "dvc.yaml").write_text("stages: {}\n")
    return paths


def generator(folder: Path) -> str:
    """The folder of an mlp for images of 8 pixels."""
    config = ModelConfig(name="mlp", examples=ImageSpace(1, 8, 8).format, latent=4, width=2)
    torch.manual_seed(0)
    network = build_generator(config)
    save_generator(folder, config, network, network)
    return str(folder)


OF_THE_FORMAT: list[tuple[str, Sections, str]] = [
    ("plain", {"model": {"conditional": True}}, "model.conditional: dataset folder has no labels; set auto or false"),
    ("plain", {"objective": {"labelled": 10}}, "objective.labelled: dataset folder has no labels; set it to null"),
    (
        "wide",
        {"data": {"fit": "keep"}, "objective": {"augment": "rotate90"}},
        "objective.augment: rotate90 needs square images, these are 16 × 26",
    ),
    ("wide", {"data": {"fit": "keep", "given": "small", "shrink": 4}}, "data.shrink: 4 does not divide the sides of"),
    ("plain", {"data": {"given": "grey"}}, "data.given: grey takes the colours away, and these images have none"),
    (
        "wide",
        {"data": {"fit": "keep", "image_size": 200}},
        "data.image_size: model 'r3gan' is made for sides of 16 to 256 pixels, not for 320 × 200",
    ),
    (
        "plain",
        {"evaluate": {"clip_weights": "absent.safetensors"}},
        "evaluate.clip_weights: absent.safetensors is no file; correct it or set null",
    ),
    (
        "plain",
        {"evaluate": {"inception_weights": "absent.pth"}},
        "evaluate.inception_weights: absent.pth is no file; correct it or set null",
    ),
]


@pytest.mark.parametrize(("folder", "changes", "says"), OF_THE_FORMAT)
def test_download_refuses_what_the_form_of_the_data_forbids(
    tmp_path: Path, pictures: Path, folder: str, changes: Sections, says: str
) -> None:
    paths = workspace(tmp_path, pictures, folder, changes)
    with pytest.raises(UserError) as refused:
        download.run(paths, load_params(paths.params))
    assert str(refused.value).startswith(f"params.yaml: {says}")
    assert not (paths.raw / "manifest.json").exists()


OF_THE_COUNTS: list[tuple[str, Sections, str]] = [
    ("classes", {"objective": {"labelled": 100}}, "objective.labelled: 100 is more than the 48 labelled examples of"),
    ("classes", {"objective": {"labelled": 40}}, "objective.labelled: 40 asks for 20 of class 'b', the training split"),
    ("plain", {"train": {"batch": 49}}, "train.batch: 49 is more than the 48 training examples"),
    (
        "plain",
        {"train": {"keep": "best"}},
        "train.keep: best selects by the validation split, which has 6 examples; 20",
    ),
    ("plain", {"train": {"patience": 100}}, "train.patience selects by the validation split, which has 6"),
    (
        "plain",
        {"generate": {"correct": "reject"}, "split": {"validation": 0.02}},
        "generate.correct: 'reject' needs held-out examples; set split.validation",
    ),
    (
        "plain",
        {"reference": {"split": "test"}, "split": {"test": 0.02}},
        "reference.split: test has 1 examples; 2 are needed",
    ),
]


def run(paths: Paths) -> None:
    download.run(paths, load_params(paths.params))
    split.run(paths, load_params(paths.params))


@pytest.mark.parametrize(("folder", "changes", "says"), OF_THE_COUNTS)
def test_split_refuses_what_needs_more_examples(
    tmp_path: Path, pictures: Path, folder: str, changes: Sections, says: str
) -> None:
    paths = workspace(tmp_path, pictures, folder, changes)
    with pytest.raises(UserError) as refused:
        run(paths)
    assert str(refused.value).startswith(f"params.yaml: {says}")
    assert not (paths.splits / "manifest.json").exists()


@pytest.mark.parametrize(
    ("width", "freeze", "says"),
    [(3, 0, r"it was trained with model\.width: 2, not 3; set model\.width"), (2, 99, "are all layers"), (2, 0, None)],
)
def test_split_tries_the_players_of_another_training(
    tmp_path: Path, pictures: Path, width: int, freeze: int, says: str | None
) -> None:
    train = {"batch": 8, "from": generator(tmp_path / "earlier" / "generator"), "freeze_d": freeze}
    changes: Sections = {
        "model": {"name": "mlp", "latent": 4, "width": width},
        "data": {"image_size": 8},
        "train": train,
    }
    paths = workspace(tmp_path, pictures, "plain", changes)
    if says is None:
        run(paths)
        return
    with pytest.raises(UserError, match=says):
        run(paths)
