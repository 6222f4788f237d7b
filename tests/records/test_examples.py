"""Folders of examples: what was written comes back as it was, and what is not that is refused in one line."""

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from record_files import image_format, write_samples, write_splits

from nashgan.records import raw, samples, splits
from nashgan.records.examples import (
    ExampleFormat,
    Examples,
    Manifest,
    read_examples,
    remove_examples,
    write_examples,
)
from nashgan.records.names import SPLITS
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import read_json, write_json

IMAGES = np.arange(2 * 3 * 4 * 4, dtype=np.uint8).reshape(2, 3, 4, 4)
LABELS = np.array([1, 0])
MANIFEST = Manifest(examples=image_format(IMAGES), classes=["zero", "one"])


def read(folder: Path, count: int | None = None) -> Examples:
    return read_examples(folder, "train", MANIFEST, "split", count)


def refused(folder: Path, count: int | None = None) -> str:
    """The one line that says why."""
    with pytest.raises(UserError) as error:
        read(folder, count)
    assert "\n" not in str(error.value) and str(error.value).endswith("; run `dvc repro split`")
    return str(error.value)


def test_examples_come_back_memory_mapped(tmp_path: Path) -> None:
    write_examples(tmp_path, "train", Examples(IMAGES, LABELS))
    back = read(tmp_path, 2)
    assert isinstance(back.values, np.memmap) and len(back) == 2
    np.testing.assert_array_equal(back.values, IMAGES)
    np.testing.assert_array_equal(back.labels, LABELS)


@pytest.mark.parametrize(("shape", "dtype"), [((7,), "float32"), ((), "uint8"), ((2, 5, 3, 9), "float32")])
def test_examples_of_any_format_come_back(tmp_path: Path, shape: tuple[int, ...], dtype: str) -> None:
    values = np.random.default_rng(0).uniform(0, 9, (4, *shape)).astype(dtype)
    manifest = Manifest(examples=ExampleFormat.model_validate({"space": "any", "shape": shape, "dtype": dtype}))
    write_examples(tmp_path, "train", Examples(values))
    back = read_examples(tmp_path, "train", manifest, "split")
    assert back.labels is None
    np.testing.assert_array_equal(back.values, values)


def test_labels_of_an_earlier_dataset_are_removed(tmp_path: Path) -> None:
    write_examples(tmp_path, "train", Examples(IMAGES, LABELS))
    write_examples(tmp_path, "train", Examples(IMAGES))
    assert [path.name for path in tmp_path.iterdir()] == ["train.examples.npy"]
    remove_examples(tmp_path, "train")
    assert not list(tmp_path.iterdir())


def test_the_first_ones_keep_their_labels() -> None:
    first = Examples(IMAGES, LABELS).first(1)
    np.testing.assert_array_equal(first.values, IMAGES[:1])
    np.testing.assert_array_equal(first.labels, [1])
    assert len(Examples(IMAGES).first(9)) == 2 and Examples(IMAGES).first(9).labels is None


@pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY\x01\x00"])
def test_a_foreign_array_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "train.examples.npy").write_bytes(content)
    assert "train.examples.npy: not an array file written by nashgan (" in refused(tmp_path)


def test_an_array_of_pickled_objects_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "train.examples.npy", np.array([{}], dtype=object), allow_pickle=True)
    assert "not an array file written by nashgan (" in refused(tmp_path)
    (tmp_path / "train.examples.npy").write_bytes(pickle.dumps(IMAGES))
    assert "not an array file written by nashgan (pickled objects)" in refused(tmp_path)


def test_a_zip_of_arrays_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "train.examples.npz", IMAGES)
    (tmp_path / "train.examples.npz").rename(tmp_path / "train.examples.npy")
    assert "not an array file written by nashgan (a zip of arrays)" in refused(tmp_path)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (np.zeros((2, 3)), "is float64 (2, 3)"),
        (IMAGES.astype(np.float32), "is float32 (2, 3, 4, 4)"),
        (IMAGES[:, :1], "is uint8 (2, 1, 4, 4)"),
        (IMAGES[:0], "is uint8 (0, 3, 4, 4)"),
    ],
)
def test_another_type_or_shape_is_refused(tmp_path: Path, values: np.ndarray, found: str) -> None:
    np.save(tmp_path / "train.examples.npy", values)
    assert f"must be uint8 (N, 3, 4, 4), {found}" in refused(tmp_path)


@pytest.mark.parametrize(
    ("form", "values", "fault"),
    [
        ({"dtype": "float32"}, np.array([[1, 2], [3, np.nan]], np.float32), "has a number that is not finite"),
        (
            {"dtype": "uint8", "alphabet": "\nab"},
            np.array([[1, 2], [3, 0]], np.uint8),
            "character 3 of an alphabet of 0",
        ),
    ],
)
def test_numbers_that_cannot_be_are_refused(
    tmp_path: Path, form: dict[str, object], values: np.ndarray, fault: str
) -> None:
    manifest = Manifest(examples=ExampleFormat.model_validate({"space": "any", "shape": (2,), **form}))
    write_examples(tmp_path, "train", Examples(values))
    with pytest.raises(UserError, match=fault):
        read_examples(tmp_path, "train", manifest, "split")


def test_another_number_than_the_manifest_says_is_refused(tmp_path: Path) -> None:
    write_examples(tmp_path, "train", Examples(IMAGES, LABELS))
    assert "train.examples.npy: 2 examples, manifest.json says 3" in refused(tmp_path, 3)


@pytest.mark.parametrize(
    ("labels", "fault"),
    [
        (np.array([0.0, 1.0]), "must be int64 (2,), is float64 (2,)"),
        (np.array([0, 1, 0]), "must be int64 (2,), is int64 (3,)"),
        (np.array([0, 2]), "labels from 0 to 2 of 2 classes"),
        (np.array([-1, 0]), "labels from -1 to 0 of 2 classes"),
    ],
)
def test_labels_that_do_not_fit_are_refused(tmp_path: Path, labels: np.ndarray, fault: str) -> None:
    write_examples(tmp_path, "train", Examples(IMAGES))
    np.save(tmp_path / "train.labels.npy", labels)
    assert f"train.labels.npy: {fault}" in refused(tmp_path)


def test_missing_labels_are_told_from_none(tmp_path: Path) -> None:
    write_examples(tmp_path, "train", Examples(IMAGES))
    assert "train.labels.npy: not found, and manifest.json names 2 classes" in refused(tmp_path)
    assert read_examples(tmp_path, "train", MANIFEST.model_copy(update={"classes": None}), "split").labels is None


READERS: dict[str, Callable[[Path], object]] = {
    "download": raw.read_manifest,
    "split": splits.read_manifest,
    "generate": samples.read_manifest,
}


@pytest.mark.parametrize("stage", READERS)
@pytest.mark.parametrize("change", [{"format": 1}, {"format": None}, {"examples": {"channels": 1, "size": 28}}])
def test_a_manifest_of_another_version_is_refused(tmp_path: Path, stage: str, change: dict[str, object]) -> None:
    write_splits(tmp_path, {"train": Examples(IMAGES)})
    write_json(tmp_path / "manifest.json", read_json(tmp_path / "manifest.json", "") | change)
    with pytest.raises(UserError, match=rf"^{tmp_path}/manifest.json: .*; run `dvc repro {stage}`$") as error:
        READERS[stage](tmp_path)
    assert ("not a manifest of format 2" in str(error.value)) == ("format" in change)


def test_a_split_that_is_not_there_is_empty_and_of_the_same_format(tmp_path: Path) -> None:
    write_splits(tmp_path, {"train": Examples(IMAGES, LABELS)})
    empty = splits.read_split(tmp_path, "test")
    assert empty.values.shape == (0, 3, 4, 4) and empty.values.dtype == np.uint8
    assert empty.labels is not None and empty.labels.shape == (0,) and empty.labels.dtype == np.int64
    write_splits(tmp_path, {"train": Examples(IMAGES)})
    assert splits.read_split(tmp_path, "test").labels is None


def test_without_a_training_split_there_is_nothing_to_train_on(tmp_path: Path) -> None:
    write_splits(tmp_path, {"test": Examples(IMAGES)})
    with pytest.raises(UserError, match=r"manifest\.json: there is no training split; run `dvc repro split`$"):
        splits.read_split(tmp_path, "train")


def test_splits_without_examples_are_refused(tmp_path: Path) -> None:
    write_splits(tmp_path, {"train": Examples(IMAGES[:0])})
    with pytest.raises(UserError, match=r"manifest\.json: no split has examples; run `dvc repro split`$"):
        splits.read_manifest(tmp_path)


def test_held_out_are_validation_and_test_in_this_order(tmp_path: Path) -> None:
    parts = {name: Examples(IMAGES + number, LABELS) for number, name in enumerate(SPLITS)}
    manifest = write_splits(tmp_path, parts)
    held_out = splits.read_held_out(tmp_path)
    assert manifest.held_out == "test"
    np.testing.assert_array_equal(held_out.values, np.concatenate([IMAGES + 1, IMAGES + 2]))
    np.testing.assert_array_equal(held_out.labels, [1, 0, 1, 0])
    first = splits.read_held_out(tmp_path, 3)
    np.testing.assert_array_equal(first.values, held_out.values[:3])
    np.testing.assert_array_equal(first.labels, [1, 0, 1])
    assert isinstance(splits.read_held_out(tmp_path, 2).values, np.memmap)  # of one split: not in memory
    assert write_splits(tmp_path, {"train": Examples(IMAGES)}).held_out == "train"
    nothing = splits.read_held_out(tmp_path)
    assert len(nothing) == 0 and nothing.labels is None


def test_samples_must_be_as_many_as_their_manifest_says(tmp_path: Path) -> None:
    write_samples(tmp_path, Examples(IMAGES, LABELS), count=5)
    with pytest.raises(UserError, match=r"samples\.examples\.npy: 2 examples, manifest\.json says 5; .* generate`$"):
        samples.read_samples(tmp_path)
