"""K + 1 answers: the logit is their log-sum-exp; the game learns few labels, sees no other, and resumes bit for bit."""

from pathlib import Path

import numpy as np
import pytest
import torch
from record_files import write_splits
from tiny_training import FP32, TINY, Witness, game_params, parameters

from nashgan.games import create_game, game_of
from nashgan.games.batches import Batches, PartlyLabelled
from nashgan.games.semi_supervised import SemiSupervisedGame, entropy
from nashgan.models import DISCRIMINATORS
from nashgan.models.classifying import ClassifyingDiscriminator, Disturbance
from nashgan.models.config import ModelConfig, build_discriminator
from nashgan.params import Params
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.runtime.errors import Interrupted, UserError
from nashgan.spaces.image import ImageSpace
from nashgan.stages.train_inputs import model_config
from nashgan.training.checkpoint import Checkpoints, weights
from nashgan.training.loop import train

SPACE = ImageSpace(1, 16, 16)
LABELS = np.arange(60) % 3
IMAGES = np.random.default_rng(0).integers(0, 60, (60, 1, 16, 16), dtype=np.uint8)
IMAGES[LABELS == 1, :, :8] += 150  # bright above
IMAGES[LABELS == 2, :, 8:] += 150  # bright below


def params(**train_changes: object) -> Params:
    return parameters(train={**TINY, "lr_discriminator": 0.002, **train_changes}, objective={"labelled": 6})


def config_of(params: Params) -> ModelConfig:
    return ModelConfig(name=params.model.name, examples=SPACE.format, latent=4, width=4, answers=3)


def batches_of(params: Params) -> PartlyLabelled:
    known = Examples(IMAGES[:6], LABELS[:6])
    learning = params.train
    return PartlyLabelled(Examples(IMAGES, LABELS), known, SPACE, learning.batch, learning.seed, FP32.torch)


def play(folder: Path, params: Params, witness: Witness) -> SemiSupervisedGame:
    game = create_game(config_of(params), game_params(params), FP32, len(IMAGES))
    assert isinstance(game, SemiSupervisedGame)
    train(game, batches_of(params), params.train, Checkpoints(folder), [witness])
    return game


def test_it_learns_the_classes_and_resumes_to_the_same_bits(tmp_path: Path) -> None:
    wanted = params(images=960, checkpoint_every=480, log_every=96)
    with pytest.raises(Interrupted):
        play(tmp_path / "stopped", wanted, Witness(stop_after=3))
    resumed = play(tmp_path / "stopped", wanted, Witness())
    witness = Witness()
    game = play(tmp_path / "whole", wanted, witness)
    ours, theirs = weights(game), weights(resumed)
    assert ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)
    judge = game.partner
    assert isinstance(judge, ClassifyingDiscriminator)
    answers = judge.classes(SPACE.to_players(torch.from_numpy(IMAGES))).argmax(dim=1).numpy()
    assert (answers == LABELS).mean() > 0.9
    assert witness.rows[-1]["label_loss"] < witness.rows[0]["label_loss"]


def test_the_labels_of_other_examples_reach_nobody() -> None:
    batches = batches_of(params())
    assert batches.labels is None and batches(0)[1] is None
    drawn, labels = batches.labelled(0)
    known = SPACE.to_players(torch.from_numpy(IMAGES[:6]))
    assert all(
        torch.equal(image, known[label]) or torch.equal(image, known[label + 3])
        for image, label in zip(drawn, labels, strict=True)
    )
    assert torch.equal(batches.labelled(3)[0], batches_of(params()).labelled(3)[0])


def test_a_dataset_without_labels_is_refused_and_one_with_labels_gives_answers(tmp_path: Path) -> None:
    parts = {name: Examples(IMAGES, labels) for name, labels in (("with", LABELS), ("without", None))}
    manifest = {name: write_splits(tmp_path / name, {"train": data}) for name, data in parts.items()}
    config = model_config(Paths(tmp_path), parts["with"], manifest["with"], params())
    assert (config.classes, config.answers) == (0, 10)
    with pytest.raises(UserError, match=r"^params.yaml: objective.labelled: dataset mnist5k has no labels; set it to"):
        model_config(Paths(tmp_path), parts["without"], manifest["without"], params())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"objective": {"loss": "hinge"}}, "labelled: with K . 1 answers .* loss 'hinge' does not fit; choose auto"),
        ({"model": {"conditional": True}}, "labelled: model.conditional tells the players the classes of all images"),
        ({"data": {"name": "ring8"}, "model": {"name": "dense"}}, "labelled: classes are learned from images"),
        ({"objective": {"labelled": 1}}, "objective.labelled: must be greater than or equal to 2, got 1"),
    ],
)
def test_what_does_not_fit_few_labels_is_one_line(changes: dict[str, dict[str, object]], message: str) -> None:
    wanted = {name: dict(changes.get(name, {})) for name in ("objective", *changes)}
    wanted["objective"] = {"labelled": 6} | wanted["objective"]
    with pytest.raises(UserError, match=message) as error:
        parameters(**wanted)
    assert "\n" not in str(error.value)


def test_plain_batches_are_refused() -> None:
    wanted = params()
    game = create_game(config_of(wanted), game_params(wanted), FP32, len(IMAGES))
    with pytest.raises(TypeError, match="partly labelled"):
        game.step(Batches(Examples(IMAGES), SPACE, 8, 0, FP32.torch), 0)


@pytest.mark.parametrize("name", [name for name, entry in DISCRIMINATORS.items() if "image" in entry.layouts])
def test_the_logit_is_the_log_sum_exp_of_the_answers(name: str) -> None:
    module = build_discriminator(config_of(params()).model_copy(update={"name": name})).eval()
    assert isinstance(module, ClassifyingDiscriminator)
    images = SPACE.to_players(torch.from_numpy(IMAGES[:5]))
    torch.testing.assert_close(module(images), module.classes(images).exp().sum(1).log())
    with pytest.raises(ValueError, match="names the classes itself"):
        module(images, torch.zeros(5, dtype=torch.int64))


def test_a_discriminator_without_layers_cannot_name_classes() -> None:
    video = ModelConfig(
        name="mocogan",
        examples=SPACE.format.model_copy(update={"space": "video", "shape": (4, 1, 16, 16)}),
        latent=4,
        width=4,
        answers=3,
    )
    with pytest.raises(UserError, match="has no layer that could name classes"):
        build_discriminator(video)


def test_images_are_disturbed_in_training_only() -> None:
    disturbance, images = Disturbance(), torch.zeros(4, 1, 16, 16)
    images[:, :, 8, 8] = 1.0
    assert torch.equal(disturbance.eval()(images), images)
    moved = disturbance.train()(images)
    assert moved.shape == images.shape and not torch.equal(moved, images)


def test_the_entropy_is_that_of_the_answers() -> None:
    assert entropy(torch.zeros(2, 4)).item() == pytest.approx(np.log(4))
    assert entropy(torch.tensor([[50.0, 0.0]])).item() == pytest.approx(0, abs=1e-6)


def test_only_an_adversarial_model_learns_from_few_labels() -> None:
    assert game_of("dcgan", labelled=100) is SemiSupervisedGame
    assert game_of("dcgan") is not SemiSupervisedGame and game_of("vae", labelled=100) is game_of("vae")
