"""`nashgan evaluate-images` and `nashgan features` on folders, zips and arrays."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from record_files import CPU
from typer.testing import CliRunner

from nashgan.cli import app
from nashgan.commands.image_sets import Networks, compare_images, export_features, read_pictures
from nashgan.features.classifier import Classifier, load_classifier, save_classifier
from nashgan.features.inception import load_inception
from nashgan.metrics.frechet import frechet_distance
from nashgan.records.examples import Examples
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace

COUNT = 8


def save_png(folder: Path, images: np.ndarray) -> Path:
    folder.mkdir()
    for index, image in enumerate(images):
        Image.fromarray(image[0] if len(image) == 1 else image.transpose(1, 2, 0)).save(folder / f"{index:03d}.png")
    return folder


def save_zip(path: Path, folder: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return path


@pytest.fixture(scope="module")
def sets(digits: Examples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """real.npy, fake/, fake.zip and other.npy."""
    folder = tmp_path_factory.mktemp("sets")
    np.save(folder / "real.npy", digits.values[:COUNT])
    np.save(folder / "other.npy", digits.values[100 : 100 + COUNT])
    save_zip(folder / "fake.zip", save_png(folder / "fake", digits.values[200 : 200 + COUNT]))
    return folder


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("classifier")
    image = ImageSpace(1, 32, 32)
    save_classifier(folder, Classifier(image, 10).eval(), "class", [str(i) for i in range(10)], image, 64, None)
    return folder


def test_folder_zip_and_array_are_the_same_images(sets: Path, digits: Examples, colours: np.ndarray) -> None:
    expected = digits.values[200 : 200 + COUNT]
    for name in ("fake", "fake.zip"):
        np.testing.assert_array_equal(read_pictures(sets / name, None), expected)
    for form, array in (("nhwc", expected.transpose(0, 2, 3, 1)), ("nhw", expected[:, 0]), ("nchw", expected)):
        np.save(sets / f"{form}.npy", array)
        np.testing.assert_array_equal(read_pictures(sets / f"{form}.npy", None), expected)
    np.testing.assert_array_equal(read_pictures(save_png(sets / "colours", colours), None), colours)
    assert read_pictures(sets / "colours", 16).shape == (10, 3, 16, 16)
    with_alpha = np.concatenate([colours, colours[:, :1]], axis=1)
    np.save(sets / "alpha.npy", with_alpha.transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(read_pictures(sets / "alpha.npy", None), with_alpha)


def test_printed_metrics_are_those_of_the_pipeline(sets: Path, classifier: Path, digits: Examples, home: Path) -> None:
    arguments = [str(sets / "real.npy"), str(sets / "fake"), "--floor", str(sets / "other.npy")]
    done = CliRunner().invoke(app, ["evaluate-images", *arguments, "--classifier", str(classifier)])
    assert done.exit_code == 0, done.output
    entries = json.loads(done.stdout)
    assert entries.keys() >= {"fid", "kid", "precision", "recall", "density", "coverage", "fcd", "kcd"}
    features = load_inception(home, None, CPU).features
    real, fake, other = (features(digits.values[start : start + COUNT]) for start in (0, 200, 100))
    assert entries["fid"]["value"] == pytest.approx(frechet_distance(real, fake), rel=1e-9)
    assert entries["fid"]["floor"] == pytest.approx(frechet_distance(real, other), rel=1e-9)
    for entry in entries.values():
        assert entry["samples"] == COUNT
        assert entry["interval"][0] <= entry["value"] <= entry["interval"][1]
    assert entries["fid"]["protocol"].startswith("inception:5b79bf1b resizer=bilinear-299 n=8 real=images:")


def test_sets_of_unequal_size_say_so_and_have_no_floor_of_their_own(sets: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "few.npy", np.load(sets / "real.npy")[:3])
    entries = compare_images(sets / "real.npy", tmp_path / "few.npy", None, None, Networks())
    assert " n=3 of-real=8 real=" in entries["fid"].protocol
    assert (entries["fid"].samples, entries["fid"].floor) == (3, None)


def test_features_are_exported(
    sets: Path, classifier: Path, tmp_path: Path, digits: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_features(sets / "fake.zip", tmp_path / "inception.npy", None, Networks())
    assert np.load(tmp_path / "inception.npy").shape == (COUNT, 2048)
    monkeypatch.delattr("nashgan.commands.image_sets.load_inception")  # the classifier's features need no Inception
    arguments = [str(sets / "fake"), "--out", str(tmp_path / "c.npy"), "--classifier", str(classifier)]
    done = CliRunner().invoke(app, ["features", *arguments])
    assert done.exit_code == 0 and "8 x 128, classifier" in done.output
    expected = load_classifier(classifier, CPU).network.features(digits.values[200 : 200 + COUNT])
    np.testing.assert_array_equal(np.load(tmp_path / "c.npy"), expected)


def unreadable(path: Path) -> Path:
    (save_png(path / "broken", np.zeros((2, 1, 9, 9), np.uint8)) / "001.png").write_bytes(b"no")
    return path / "broken"


def unreadable_first(path: Path) -> Path:
    (save_png(path / "broken", np.zeros((2, 1, 9, 9), np.uint8)) / "000.png").write_bytes(b"no")
    return path / "broken"


def array(values: np.ndarray) -> Callable[[Path], Path]:
    def save(path: Path) -> Path:
        np.save(path / "array.npy", values)
        return path / "array.npy"

    return save


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path / "none", "none: not found"),
        (lambda path: path / "none.npy", "none.npy: not found; it must be uint8"),
        (lambda path: path, "no images there"),
        (unreadable, r"001\.png is not readable \(not an image of a known format\)"),
        (unreadable_first, r"000\.png is not readable \(not an image of a known format\); repair"),
        (array(np.zeros((4, 1, 8, 8))), r"must be uint8 of the form .*; is float64 \(4, 1, 8, 8\)"),
        (array(np.zeros((4, 8, 8, 2), np.uint8)), r"must be uint8 of the form .*; is uint8 \(4, 2, 8, 8\)"),
        (array(np.zeros((0, 1, 8, 8), np.uint8)), "must be uint8 of the form"),
        (array(np.zeros((1, 1, 8, 8), np.uint8)), "one image is no set to compare"),
        (
            array(np.zeros((4, 3, 8, 8), np.uint8)),
            r"array\.npy: these images are colour, those of .*real\.npy are grey",
        ),
    ],
)
def test_what_is_no_set_of_images_is_one_line(
    sets: Path, tmp_path: Path, make: Callable[[Path], Path], message: str
) -> None:
    with pytest.raises(UserError, match=message) as error:
        compare_images(sets / "real.npy", make(tmp_path), None, None, Networks())
    assert "\n" not in str(error.value)


def test_a_classifier_of_other_images_is_refused(sets: Path, classifier: Path) -> None:
    with pytest.raises(UserError, match=r"trained on images of \(1, 32, 32\), these are \(1, 16, 16\)"):
        export_features(sets / "fake", sets / "out.npy", 16, Networks(classifier=classifier))
    assert not (sets / "out.npy").exists()
