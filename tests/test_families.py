"""Every family: a short training, a folder and samples of each registered name; and what params.yaml and the generate
stage say of those that are not adversarial.
"""

import contextlib
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from record_files import CPU, write_splits

from nashgan.data.embedded_digits import embedded_digits
from nashgan.features.discriminator import discriminator_logits
from nashgan.games import create_game, game_of
from nashgan.games.adversarial import AdversarialGame
from nashgan.games.batches import Batches
from nashgan.games.game import GameParams
from nashgan.models import DISCRIMINATORS as ALL_DISCRIMINATORS
from nashgan.models import MODELS as ALL_MODELS
from nashgan.models.config import ModelConfig, build_generator
from nashgan.models.encoder import save_encoder
from nashgan.models.generator import BLOCK, load_generator, save_generator
from nashgan.models.vae import Encoder
from nashgan.objectives import LOSSES, PENALTIES
from nashgan.params import Params, parse_params
from nashgan.records.examples import Examples, write_manifest
from nashgan.records.names import SplitName
from nashgan.records.paths import Paths
from nashgan.records.splits import read_manifest
from nashgan.records.weights import save_config, save_weights
from nashgan.runtime.device import Device
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace, as_images
from nashgan.stages import generate
from nashgan.training.checkpoint import Checkpoints
from nashgan.training.loop import train

CLASSES = 3
MODELS = {name: model for name, model in ALL_MODELS.items() if "image" in model.layouts and model.draws}
DISCRIMINATORS = {name: entry for name, entry in ALL_DISCRIMINATORS.items() if "image" in entry.layouts}
FP32 = Device(CPU, bf16=False)
ADVERSARIAL = [name for name, model in MODELS.items() if model.discriminator]
OTHERS = [name for name, model in MODELS.items() if not model.discriminator]
DIGITS = np.pad(embedded_digits()[0][::125, None], ((0, 0), (0, 0), (2, 2), (2, 2)))
DIGIT_LABELS = np.arange(len(DIGITS))


def parameters(**changes: dict[str, object]) -> Params:
    values = yaml.safe_load((Path(__file__).parents[1] / "params.yaml").read_text())
    for section, changed in changes.items():
        values[section] |= changed
    return parse_params(values)


@dataclass(frozen=True)
class Game:
    """A combination of registered names that the schema accepts."""

    model: str
    discriminator: str = "auto"
    loss: str = "non_saturating"
    penalty: str = "none"
    conditional: bool = False

    def __str__(self) -> str:
        return "-".join([self.model, self.discriminator, self.loss, self.penalty, *["labels"] * self.conditional])

    @property
    def params(self) -> Params:
        model = {"name": self.model, "discriminator": self.discriminator, "conditional": self.conditional}
        short: dict[str, object] = {"images": 24, "batch": 8, "log_every": 8, "precision": "fp32"}
        objective: dict[str, object] = {"loss": self.loss, "penalty": self.penalty}
        return parameters(model={**model, "latent": 4, "width": 2}, objective=objective, train=short)


def accepted(games: Iterable[Game]) -> Game:
    """The first that makes sense."""
    for game in games:
        with contextlib.suppress(UserError):
            assert game.params
            return game
    raise AssertionError("no combination is accepted")


GAMES = {
    *(Game(name, conditional=labels) for name in ADVERSARIAL for labels in (False, True)),
    *(Game("dcgan", name, conditional=labels) for name in DISCRIMINATORS for labels in (False, True)),
    *(accepted(Game("mlp", "conv", loss, penalty) for penalty in ("none", *PENALTIES)) for loss in LOSSES),
    *(accepted(Game("mlp", "conv", loss, penalty) for loss in LOSSES) for penalty in PENALTIES),
    *(Game(name) for name in OTHERS),
    accepted(Game(name, conditional=True) for name in OTHERS),
}


def test_no_registered_name_is_left_out() -> None:
    """The test below has each, because its games are made from the registries."""
    assert {game.model for game in GAMES} == set(MODELS)
    assert {game.discriminator for game in GAMES} == {"auto", *DISCRIMINATORS}
    assert {game.loss for game in GAMES} == set(LOSSES)
    assert {game.penalty for game in GAMES} == {"none", *PENALTIES}
    labelled = {(game.model, game.discriminator) for game in GAMES if game.conditional}
    assert labelled >= {*((name, "auto") for name in ADVERSARIAL), *(("dcgan", name) for name in DISCRIMINATORS)}


@pytest.mark.parametrize("game", sorted(GAMES, key=str), ids=str)
def test_every_name_is_built_trained_saved_reloaded_and_sampled(tmp_path: Path, game: Game) -> None:
    params, classes = game.params, CLASSES if game.conditional else 0
    config = ModelConfig(name=game.model, examples=ImageSpace(1, 32, 32).format, latent=4, width=2, classes=classes)
    labels = DIGIT_LABELS % CLASSES if classes else None
    data = Examples(DIGITS, labels)
    batches = Batches(data, config.space, params.train.batch, params.train.seed, FP32.torch, classes)
    built = create_game(config, GameParams(params.model, params.objective, params.train), FP32, len(DIGITS))
    start = {name: value.clone() for name, value in built.generator.state_dict().items()}
    history = train(built, batches, params.train, Checkpoints(tmp_path / "checkpoints"), [])
    assert all(math.isfinite(value) for row in history.rows for value in row.values())
    assert len(history.rows) == (3 if game.model != "gaussian" else 1)
    learned = built.generator.state_dict()
    assert any(not torch.equal(start[name], learned[name]) for name in start)

    save_generator(tmp_path, config, built.average.module, built.generator)
    for weights, module in (("weights", built.average.module), ("raw", built.generator)):
        loaded = load_generator(tmp_path, weights)  # type: ignore[arg-type]
        assert all(torch.equal(loaded.module.state_dict()[name], value) for name, value in module.state_dict().items())
    averaged = load_generator(tmp_path)
    block = averaged.sample(0, BLOCK)
    assert block.shape == (BLOCK, 1, 32, 32)
    assert np.array_equal(averaged.sample(0, 3, start=2), block[2:5])
    assert np.array_equal(load_generator(tmp_path).sample(0, BLOCK), block)

    if isinstance(built, AdversarialGame):  # the discriminator, as the evaluation reads it
        partner = config.model_copy(update={"name": params.model.discriminator_name})
        save_weights(tmp_path / "d" / "weights.safetensors", built.discriminator)
        save_config(tmp_path / "d", partner)
        logits = discriminator_logits(tmp_path / "d", data, CPU)
        judge, given = built.discriminator.eval(), None if labels is None else torch.from_numpy(labels)
        with torch.no_grad():
            expected = judge(torch.from_numpy(DIGITS).float() / 127.5 - 1, given).numpy()
        assert logits is not None
        np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)


def test_a_model_is_adversarial_or_not() -> None:
    for name, entry in MODELS.items():
        model = parameters(model={"name": name}, objective={"loss": "non_saturating", "penalty": "none"}).model
        assert model.adversarial == issubclass(game_of(name), AdversarialGame)
        assert model.adversarial == (entry.discriminator is not None) == (model.discriminator_name is not None)
        assert model.partner_name in (DISCRIMINATORS if model.adversarial else (name,))


@pytest.mark.parametrize("name", OTHERS)
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


def workspace(root: Path, name: str = "vae", classes: int = 0, images: int = 37, split: SplitName = "test") -> Paths:
    """What split and train leave, for new models."""
    paths = Paths(root)
    config = ModelConfig(name=name, examples=ImageSpace(1, 32, 32).format, latent=4, width=2, classes=classes)
    torch.manual_seed(0)
    model = build_generator(config)
    save_generator(paths.generator, config, model, model)
    save_config(paths.discriminator, config)
    save_encoder(paths.generator, config, Encoder(as_images(config.space), 4, 2, classes))
    pictures = np.random.default_rng(0).integers(0, 256, (images, 1, 32, 32), dtype=np.uint8)
    write_digits(paths, pictures, classes, split)
    return paths


def write_digits(paths: Paths, pictures: np.ndarray, classes: int, split: SplitName = "test") -> None:
    """A split of these pictures, with labels where there are classes."""
    labels = np.arange(len(pictures)) % classes if classes else None
    names = [str(label) for label in range(classes)] or None
    write_splits(paths.splits, {split: Examples(pictures, labels)}, classes=names)


def forget_splits(paths: Paths) -> None:
    write_manifest(paths.splits, read_manifest(paths.splits).model_copy(update={"splits": {}}))


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
    real = np.load(paths.splits / "test.examples.npy")
    decoder = load_generator(paths.generator)
    for index in (0, columns - 1):
        above, below = (grid[33 * row : 33 * row + 32, 33 * index : 33 * index + 32] for row in (0, 1))
        assert np.array_equal(above, real[index, 0])
        labels = np.array([index % classes]) if classes else None
        anywhere = decoder.space.from_players(decoder(torch.zeros(1, 4), labels))[0, 0].astype(int)
        assert np.abs(below - anywhere).max() < 20  # a new encoder's mean is near zero


@pytest.mark.parametrize("split", ["validation", "train"])
def test_without_test_images_others_are_reconstructed(tmp_path: Path, split: SplitName) -> None:
    paths = workspace(tmp_path, split=split)
    generate.run(paths, parameters(generate={"samples": 2}))
    assert paths.reconstructions.is_file()


@pytest.mark.parametrize("name", ["mlp", "gaussian"])
def test_nothing_stays_of_another_model(tmp_path: Path, name: str) -> None:
    """No reconstructions of a VAE, no labels of a model with classes."""
    paths = workspace(tmp_path, name)
    labels = paths.samples / "samples.labels.npy"
    for stale in (paths.reconstructions, labels):
        stale.parent.mkdir(parents=True, exist_ok=True)
        stale.write_bytes(b"of another model")
    generate.run(paths, parameters(generate={"samples": 2}))
    assert not paths.reconstructions.exists() and not labels.exists()


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda p: (p.generator / "raw.safetensors").unlink(), "raw.safetensors: not found; run `dvc repro train`"),
        (lambda p: (p.generator / "encoder" / "config.json").unlink(), "config.json: not found; run `dvc repro train`"),
        (lambda p: (p.splits / "manifest.json").unlink(), "manifest.json: not found; run `dvc repro split`"),
        (lambda p: (p.splits / "test.examples.npy").unlink(), "test.examples.npy: not found; run `dvc repro split`"),
        (forget_splits, "manifest.json: no split has examples; run `dvc repro split`"),
        (lambda p: write_digits(p, np.zeros((37, 3, 32, 32), np.uint8), 3), "splits: not the kind of examples"),
        (lambda p: write_digits(p, np.zeros((37, 1, 64, 64), np.uint8), 3), "splits: not the kind of examples"),
        (lambda p: write_digits(p, np.zeros((37, 1, 32, 32), np.uint8), 0), "splits: not the kind of examples"),
        (lambda p: write_digits(p, np.zeros((37, 1, 32, 32), np.uint8), 4), "splits: not the kind of examples"),
        (lambda p: (p.splits / "test.labels.npy").unlink(), "test.labels.npy: not found, and manifest.json names 3"),
        (lambda p: np.save(p.splits / "test.labels.npy", np.arange(37)), "labels from 0 to 36 of 3 classes"),
        (lambda p: np.save(p.splits / "test.labels.npy", np.arange(37) - 37), "labels from -37 to -1 of 3 classes"),
    ],
)
def test_what_a_vae_reads_is_refused_before_anything_is_written(
    tmp_path: Path, damage: Callable[[Paths], object], says: str
) -> None:
    paths = workspace(tmp_path, classes=3)
    damage(paths)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    with pytest.raises(UserError, match=says):
        generate.run(paths, parameters(generate={"samples": 2}))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_another_models_encoder_is_refused_in_one_line(tmp_path: Path) -> None:
    paths = workspace(tmp_path)
    save_weights(paths.generator / "encoder" / "weights.safetensors", torch.nn.Linear(1, 1))
    with pytest.raises(UserError, match=r"encoder/weights.safetensors: holds other tensors .* `dvc repro train`$"):
        generate.run(paths, parameters(generate={"samples": 2}))
