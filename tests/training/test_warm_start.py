"""A training begins with the players of another one, as far as they fit, and layers of D may stay as they were."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_training import FP32, PICTURES, game_params, parameters
from workspaces import no_store_named, ready_to_train

from nashgan.games import create_game
from nashgan.games.adversarial import AdversarialGame
from nashgan.games.optimisation import unfrozen
from nashgan.models.config import ModelConfig
from nashgan.params import load_params
from nashgan.records.paths import Paths
from nashgan.records.train_run import read_train_run
from nashgan.records.weights import save_config, save_weights
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace
from nashgan.spaces.points import PointSpace
from nashgan.stages import train
from nashgan.stages.train_start import find_start
from nashgan.training.warm_start import DISCRIMINATOR, begin_with


def game(classes: int = 0, width: int = 2, **sections: dict[str, Any]) -> AdversarialGame:
    params = parameters(**{"model": {"name": "dcgan"}, **sections})
    config = ModelConfig(name="dcgan", examples=ImageSpace(1, 16, 16).format, latent=4, width=width, classes=classes)
    made = create_game(config, game_params(params), FP32, len(PICTURES))
    assert isinstance(made, AdversarialGame)
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The players of another seed, as a training leaves them."""
    other, models = game(train={"seed": 5}), tmp_path / "models"
    with torch.no_grad():
        for weight in other.average.module.parameters():
            weight.add_(0.5)
    for name, module in {
        "generator/weights": other.average.module, "generator/raw": other.generator,
        "discriminator/weights": other.discriminator,
    }.items():  # fmt: skip
        (models / name).parent.mkdir(parents=True, exist_ok=True)
        save_weights(models / f"{name}.safetensors", module)
    save_config(models / "generator", other.config)
    return models / "generator"


@pytest.mark.parametrize("penalty", ["none", "spectral"])
def test_all_players_are_those_of_the_folder(folder: Path, penalty: str) -> None:
    other, mine = game(train={"seed": 5}), game(objective={"penalty": penalty})
    assert begin_with(mine, find_start(Paths(folder.parents[1]), "models/generator")) == []
    for name, weight in mine.generator.state_dict().items():
        assert torch.equal(weight, other.generator.state_dict()[name])
        if weight.is_floating_point() and "running" not in name:
            torch.testing.assert_close(mine.average.module.state_dict()[name], weight + 0.5)
    sums = [
        sorted(float(weight.detach().abs().sum()) for weight in players.discriminator.parameters())
        for players in (mine, other)
    ]
    assert sums[0] == pytest.approx(sums[1], rel=1e-6)


def test_what_does_not_fit_begins_anew_and_is_named(folder: Path) -> None:
    start = find_start(Paths(folder), str(folder))
    new = begin_with(game(classes=3), start)
    assert new and all("by_class" in name or "projection" in name for name in new)
    with pytest.raises(UserError, match=r"train\.from: .*: nothing of its generator fits .* model\.name"):
        begin_with(create_game(
            ModelConfig(name="mlp", examples=ImageSpace(1, 16, 16).format, latent=4, width=2),
            game_params(parameters(model={"name": "mlp"})), FP32, len(PICTURES)), start)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"width": 3}, r"it was trained with model\.width: 3, not 2; set model\.width$"),
        ({"latent": 5}, r"it was trained with model\.latent: 5, not 4; set model\.latent$"),
        ({"examples": PointSpace((0.0,), 1.0).format}, "it draws points, this training images$"),
        ({"latent": 0}, r"generator/config\.json: not a generator's"),
    ],
)
def test_players_of_another_kind_are_refused(folder: Path, changes: dict[str, object], says: str) -> None:
    save_config(folder, game().config.model_copy(update=changes))
    with pytest.raises(UserError, match=says) as caught:
        begin_with(game(), find_start(Paths(folder), str(folder)))
    assert "\n" not in str(caught.value)


def test_a_source_that_is_none_is_one_line(folder: Path, tmp_path: Path) -> None:
    (folder / "raw.safetensors").unlink()
    faults = {str(folder): "has no generator/raw.safetensors", "no-such-idea": "no folder, and no results"}
    for source, says in faults.items():
        with pytest.raises(UserError, match=says) as caught:
            find_start(Paths(tmp_path), source)
        assert "\n" not in str(caught.value) and str(caught.value).startswith("params.yaml: train.from: ")
    (folder / "raw.safetensors").write_bytes(b"torn")
    with pytest.raises(UserError, match="not safetensors"):
        begin_with(game(), find_start(Paths(tmp_path), str(folder)))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"model": {"name": "vae"}, "train": {"from": "HEAD"}}, "train.from: the game 'vae' does not begin with"),
        ({"train": {"freeze_d": 1}}, "train.freeze_d: new layers have to learn; set train.from, or 0"),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, dict[str, Any]], says: str) -> None:
    with pytest.raises(UserError, match=says):
        parameters(**changes)


def test_not_all_layers_can_be_frozen() -> None:
    with pytest.raises(UserError, match=r"freeze_d: 9 are all layers"):
        unfrozen(game().discriminator, 9)


def test_a_training_says_what_it_began_with_and_frozen_layers_stay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sections: dict[str, Any] = {"model": {"name": "mlp"}, "train": {"images": 80, "evaluate_every": 0}}
    with no_store_named():
        first = ready_to_train(tmp_path / "first", **sections)
        train.run(first, load_params(first.params))
        sections["train"] |= {"from": str(first.generator), "freeze_d": 1}
        second = ready_to_train(tmp_path / "second", **sections)
        with monkeypatch.context() as patch, pytest.raises(NameError):
            patch.delattr(train, "_write_players")  # it stops after the last checkpoint
            train.run(second, load_params(second.params))
        assert f"train: begins with {first.generator}; new: nothing" in capsys.readouterr().err
        train.run(second, load_params(second.params))
    assert "begins with" not in capsys.readouterr().err  # it went on
    record = read_train_run(second.train_run)
    began = record.began_with
    assert began and record.tags["nashgan.began_with"] == began.sha256
    assert began and began.source == str(first.generator)
    assert began.sha256 == find_start(second, str(first.generator)).sha256
    before, after = (find_start(paths, "models/generator").tensors(DISCRIMINATOR) for paths in (first, second))
    assert all(torch.equal(before[name], after[name]) for name in ("layers.1.weight", "layers.1.bias"))
    assert not torch.equal(before["layers.3.weight"], after["layers.3.weight"])
