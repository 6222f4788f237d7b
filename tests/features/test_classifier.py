"""The classifier: it learns, the same parameters give the same weights, and a broken folder is one clear line."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from record_files import CPU

from nashgan.features import classifier_training
from nashgan.features.classifier import Classifier, LoadedClassifier, load_classifier, predict, save_classifier
from nashgan.features.classifier_training import (
    ROTATIONS,
    cycles,
    shift,
    train_classifier,
    train_to_convergence,
    training_batch,
    turn,
)
from nashgan.features.params import ClassifierParams
from nashgan.features.reference import compute_reference
from nashgan.metrics.interval import Z
from nashgan.records.examples import Examples
from nashgan.records.reference import read_reference, write_reference
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace
from nashgan.stages.classifier import accuracy

NAMES = [str(digit) for digit in range(10)]


def params(images: int, batch: int = 64, seed: int = 0) -> ClassifierParams:
    return ClassifierParams(seed=seed, images=images, batch=batch, lr=0.002)


@pytest.fixture(scope="module")
def trained(digits: Examples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short training on 1,000 digits, as the stage saves it."""
    assert digits.labels is not None
    train = Examples(digits.values[:1000], digits.labels[:1000])
    module = train_classifier(train, NAMES, params(6400), CPU)
    folder = tmp_path_factory.mktemp("classifier")
    share = accuracy(module, Examples(digits.values[4000:], digits.labels[4000:]), CPU)
    assert share is not None
    save_classifier(folder, module, "class", NAMES, ImageSpace(1, 32, 32), 6400, share.value)
    return folder


def test_it_learns_digits(trained: Path, digits: Examples) -> None:
    assert digits.labels is not None
    loaded = load_classifier(trained, CPU)
    assert loaded.config.accuracy is not None and loaded.config.accuracy > 0.9
    probabilities = loaded.predict(digits.values[4000:])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert (probabilities.argmax(axis=1) == digits.labels[4000:]).mean() == loaded.config.accuracy


def test_it_learns_which_way_is_up(digits: Examples) -> None:
    """It learns from sevens, without labels."""
    sevens = digits.values[digits.labels == 7]
    module = train_classifier(Examples(sevens[:400]), ROTATIONS, params(3200), CPU)
    share = accuracy(module, Examples(sevens[400:]), CPU)
    assert share is not None and share.value > 0.85


def stubborn() -> Classifier:
    """It answers 0 (as a rotation: "it is upright"), whatever it sees."""
    module = Classifier(ImageSpace(1, 8, 8), 4).eval()
    with torch.no_grad():
        module.last.weight.zero_()
        module.last.bias.copy_(torch.tensor([1.0, 0.0, 0.0, 0.0]))
    return module


def test_answers_to_the_turns_of_an_image_count_as_one() -> None:
    found = accuracy(stubborn(), Examples(np.random.default_rng(0).integers(0, 256, (9, 1, 8, 8), np.uint8)), CPU)
    assert found is not None and found.value == 0.25 and found.interval == (0.25, 0.25)


def test_the_interval_of_examples_of_several_images_is_that_of_their_mean() -> None:
    data = Examples(np.zeros((8, 1, 8, 8), np.uint8), np.array([0, 0, 0, 1, 1, 1, 1, 0]))
    found = accuracy(stubborn(), data, CPU, each=2)
    error = np.std([1, 0.5, 0, 0.5], ddof=1) / 2
    assert found is not None and found.value == 0.5
    assert found.interval == pytest.approx((0.5 - Z * error, 0.5 + Z * error))
    alone = accuracy(stubborn(), data.first(2), CPU, each=2)
    assert alone is not None and alone.value == 1 and alone.interval is None


def test_features_do_not_depend_on_neighbours(trained: Path, digits: Examples) -> None:
    network = load_classifier(trained, CPU).network
    features = network.features(digits.values[:130])
    assert features.shape == (130, network.dim) and features.dtype == np.float32
    assert (features.var(axis=0) > 0).mean() > 0.9
    np.testing.assert_array_equal(network.features(digits.values[129:130]), features[129:])


def test_same_parameters_same_weights(digits: Examples) -> None:
    assert digits.labels is not None
    data = Examples(digits.values[:100], digits.labels[:100])
    first, again, other = (train_classifier(data, NAMES, params(320, 32, seed), CPU).state_dict() for seed in (0, 0, 1))
    assert all((first[name] == again[name]).all() for name in first)
    assert any((first[name] != other[name]).any() for name in first)


def test_cycles_use_the_budget() -> None:
    assert cycles(640) == [640] and cycles(39_999) == [39_999]  # one cycle, as without a validation split
    assert cycles(40_000) == [10_000, 30_000]
    assert cycles(1_210_000) == [10_000, 30_000, 90_000, 270_000, 810_000]
    assert cycles(100_000) == [10_000, 90_000]


@pytest.mark.parametrize(
    ("shares", "each", "trained", "kept", "converged"),
    [
        ([0.5, 0.9, 0.9, 1.0], 1, 3, 2, True),  # no gain: it has converged; of equals the later one is kept
        ([0.9, 0.7, 1.0], 1, 2, 0, True),  # the earlier weights were better
        ([0.2, 0.5, 0.9], 1, 3, 2, False),  # the budget is used up
        ([0.90, 0.91, 1.0], 1, 2, 1, True),  # a gain of one image in a hundred is below the standard error
        ([0.5, 0.6, 0.9], 1, 3, 2, False),
        ([0.5, 0.6, 0.9], 4, 2, 1, True),  # 25 examples of four images each tell less than 100 images
    ],
)
def test_it_ends_when_validation_gains_nothing(
    monkeypatch: pytest.MonkeyPatch, shares: list[float], each: int, trained: int, kept: int, converged: bool
) -> None:
    monkeypatch.setattr(classifier_training, "FIRST", 16)
    weights: list[torch.Tensor] = []

    def right_answers(module: Classifier, data: Examples, device: torch.device) -> np.ndarray:
        weights.append(module.last.weight.detach().clone())
        return np.arange(100) < round(100 * shares[len(weights) - 1])

    monkeypatch.setattr(classifier_training, "right_answers", right_answers)
    data = Examples(np.random.default_rng(0).integers(0, 256, (32, 1, 8, 8), np.uint8), np.arange(32) % 2)
    budget = sum(16 * 3**cycle for cycle in range(len(shares)))
    module, images, reached = train_to_convergence(data, data, ["a", "b"], params(budget, 16), CPU, each)
    assert (len(weights), images, reached) == (trained, sum(16 * 3**cycle for cycle in range(trained)), converged)
    assert (module.last.weight == weights[kept]).all() and not module.training


def test_a_single_cycle_is_the_training_without_validation(digits: Examples) -> None:
    assert digits.labels is not None
    data = Examples(digits.values[:100], digits.labels[:100])
    alone = train_classifier(data, NAMES, params(320, 32), CPU).state_dict()
    module, images, converged = train_to_convergence(data, data, NAMES, params(320, 32), CPU)
    assert all((alone[name] == value).all() for name, value in module.state_dict().items())
    assert (images, converged) == (320, False)


@pytest.mark.parametrize(
    ("accuracy", "test", "doubt"),
    [
        (0.99, (0.98, (0.97, 0.99)), ""),
        (0.99, (0.7, (0.6, 0.8)), "doubtful:accuracy=0.70"),  # the test split decides, which nothing was chosen by
        (0.7, None, "doubtful:accuracy=0.70"),
        (None, None, "doubtful:accuracy=unknown"),
    ],
)
def test_a_classifier_that_is_often_wrong_is_named_in_protocols(
    tmp_path: Path, accuracy: float | None, test: tuple[float, tuple[float, float]] | None, doubt: str
) -> None:
    space = ImageSpace(1, 8, 8)
    save_classifier(tmp_path, Classifier(space, 2), "class", ["a", "b"], space, 64, accuracy, test=test)
    loaded = load_classifier(tmp_path, CPU)
    assert loaded.network.doubt == doubt and ("warning" in loaded.config.described) == bool(doubt)
    assert loaded.network.tag == f"classifier:{loaded.config.sha256[:8]} {doubt}".rstrip()
    images = np.random.default_rng(0).integers(0, 256, (8, 1, 8, 8), np.uint8)
    write_reference(tmp_path, compute_reference(loaded.network, images[:4], images[4:], "train"))
    line = read_reference(tmp_path, loaded.network).protocol(4)
    assert line.startswith(f"{loaded.network.tag} resizer=none n=4 ")


def test_an_epoch_sees_every_image_once() -> None:
    images = np.arange(12, dtype=np.uint8)[:, None, None, None].repeat(8, axis=2).repeat(8, axis=3)
    data = Examples(images, np.arange(12))
    for epoch in (0, 1):
        seen = [training_batch(data, 4, step, seed=0) for step in range(3 * epoch, 3 * epoch + 3)]
        labels = np.concatenate([label for _, label in seen])
        assert sorted(labels) == list(range(12))
        assert (np.concatenate([image for image, _ in seen])[:, 0, 0, 0] == labels).all()  # shifts repeat the border


def test_shift_and_turn() -> None:
    image = np.arange(2 * 16, dtype=np.uint8).reshape(2, 1, 4, 4)
    moved = shift(image, np.array([[1, 0], [0, -1]]))
    np.testing.assert_array_equal(moved[0, 0], image[0, 0][[0, 0, 1, 2]])
    np.testing.assert_array_equal(moved[1, 0], image[1, 0][:, [1, 2, 3, 3]])
    np.testing.assert_array_equal(turn(image, np.array([1, 2]))[0, 0], np.rot90(image[0, 0]))
    np.testing.assert_array_equal(turn(image, np.array([1, 2]))[1, 0], image[1, 0, ::-1, ::-1])


@settings(deadline=None)  # large images on a busy machine
@given(st.integers(8, 200), st.sampled_from([1, 3]), st.integers(2, 12))
def test_any_image_shape(size: int, channels: int, classes: int) -> None:
    module = Classifier(ImageSpace(channels, size, size), classes).eval()
    assert predict(module, np.zeros((1, channels, size, size), np.uint8), CPU).shape == (1, classes)


def test_accuracy_without_validation_images(trained: Path) -> None:
    module = load_classifier(trained, CPU).module
    assert accuracy(module, Examples(np.zeros((0, 1, 32, 32), np.uint8)), CPU) is None


def test_one_training_image_is_refused() -> None:
    with pytest.raises(UserError, match="at least 2 training images, there are 1"):
        train_classifier(Examples(np.zeros((1, 1, 8, 8), np.uint8)), ROTATIONS, params(64), CPU)


def test_images_of_another_shape_are_refused(trained: Path) -> None:
    with pytest.raises(UserError, match=r"trained on images of \(1, 32, 32\), these are \(3, 32, 32\)"):
        load_classifier(trained, CPU).predict(np.zeros((1, 3, 32, 32), np.uint8))


def rewrite(folder: Path, **values: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: (f / "config.json").unlink(), "config.json: not found"),
        (lambda f: (f / "config.json").write_text("{"), "config.json: not readable as JSON"),
        (lambda f: rewrite(f, format=2), "config.json: not a model configuration of format 1"),
        (lambda f: rewrite(f, classes=["0"]), "config.json: classes"),
        (lambda f: rewrite(f, classes=["0", "1"]), "weights.safetensors: last.(weight|bias) must be"),
        (lambda f: rewrite(f, sha256="0" * 64), "weights.safetensors: not the weights that"),
        (lambda f: (f / "weights.safetensors").unlink(), "weights.safetensors: not found"),
        (lambda f: (f / "weights.safetensors").write_bytes(b"no"), "weights.safetensors: not a safetensors file"),
    ],
)
def test_broken_folder_is_one_line(
    trained: Path, tmp_path: Path, change: Callable[[Path], object], message: str
) -> None:
    for file in trained.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    assert isinstance(load_classifier(tmp_path, CPU), LoadedClassifier)
    change(tmp_path)
    with pytest.raises(UserError, match=message) as error:
        load_classifier(tmp_path, CPU)
    assert "\n" not in str(error.value) and str(error.value).endswith("run `dvc repro classifier`")
