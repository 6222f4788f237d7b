"""Points: those of known densities are the same everywhere, and the user's own files are read or refused in a line."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from dataset_cases import source

from nashgan.data import DATASETS
from nashgan.data.mixtures import DENSITIES, POINTS
from nashgan.data.points_file import read_table
from nashgan.data.source import Source
from nashgan.runtime.errors import UserError
from nashgan.spaces import space_of


def load(name: str, base: Path, path: str = "data/own") -> Source:
    return source(name, base, path=path)


@pytest.mark.parametrize("name", DENSITIES)
def test_a_known_density_needs_no_file_and_gives_the_same_points_each_time(name: str, tmp_path: Path) -> None:
    found = load(name, tmp_path)
    points = np.stack(list(found.examples))  # type: ignore[arg-type]
    assert points.shape == (POINTS, DENSITIES[name].dimensions) and points.dtype == np.float32
    again = np.stack(list(load(name, tmp_path).examples))  # type: ignore[arg-type]
    assert hashlib.sha256(points.tobytes()).digest() == hashlib.sha256(again.tobytes()).digest()
    assert DATASETS[name].space == found.format.space == "points"
    assert space_of(found.format).shape == points.shape[1:]


def test_points_come_from_a_csv_with_or_without_names_and_from_an_array(tmp_path: Path) -> None:
    values = np.array([[1.5, 2], [3, -4e3]], np.float32)
    (tmp_path / "named.csv").write_text("x,y\n1.5,2\n\n3,-4e3\n")
    (tmp_path / "bare.csv").write_text("\ufeff1.5,2\n3,-4e3\n", encoding="utf-8")
    np.save(tmp_path / "array.npy", values.astype(np.float64))
    for name in ("named.csv", "bare.csv", "array.npy"):
        found = np.stack(list(load("points_file", tmp_path, name).examples))  # type: ignore[arg-type]
        assert np.array_equal(found, values), name


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("gone.csv", None, "is no file; name a .npy or .csv file"),
        ("nan.csv", b"1,2\n3,nan\n", "line 2 has a number that is missing, infinite"),
        ("large.csv", b"1,2\n3,1e39\n", "line 2 has a number that is missing, infinite or too large"),
        ("uneven.csv", b"1,2\n3\n", "line 2 has 1 columns, line 1 has 2"),
        ("words.csv", b"x,y\n1,2\n\n3,four\n", "not readable as numbers (line 4: 'four' is no number)"),
        ("empty.csv", b"", "must be rows of numbers"),
        ("names.csv", b"x,y\n", "must be rows of numbers"),
        ("binary.csv", b"\xff\xfe\x00", "not readable as numbers"),
        ("broken.npy", b"\x93NUMPY", "not readable as numbers"),
    ],
)
def test_a_file_that_is_no_table_of_numbers_is_refused(
    tmp_path: Path, name: str, content: bytes | None, says: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError) as caught:
        load("points_file", tmp_path, name)
    assert says in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "values", [np.zeros((3, 300)), np.zeros((3, 0)), np.zeros((3, 2, 2)), np.array(["a"]), np.zeros((0, 2))]
)
def test_an_array_of_another_shape_is_refused(tmp_path: Path, values: np.ndarray) -> None:
    np.save(tmp_path / "array.npy", values)
    with pytest.raises(UserError, match="must be"):
        load("points_file", tmp_path, "array.npy")


@pytest.mark.parametrize(("factor", "warned"), [(1.0, False), (1000.0, True), (0.0, True)])
def test_a_column_that_hardly_varies_beside_another_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], factor: float, warned: bool
) -> None:
    points = np.random.default_rng(0).normal(5, 1, (50, 3)) * [1, factor, 1]
    np.save(tmp_path / "array.npy", points)
    load("points_file", tmp_path, "array.npy")
    told = capsys.readouterr().err
    assert ("will hardly be learned, so scale both alike before" in told and "column 2" in told) == warned
    assert told.count("\n") == warned


def test_an_array_of_words_is_refused_and_one_of_objects_not_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "words.npy", np.array(["a"]))
    np.save(tmp_path / "array.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(UserError, match="must be rows of numbers"):
        read_table(tmp_path / "words.npy")
    with pytest.raises(UserError, match="not readable as numbers"):
        read_table(tmp_path / "array.npy")
