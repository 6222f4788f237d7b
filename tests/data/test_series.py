"""Sines of known distributions, and series of the user's own, which are read or refused in a line."""

import csv
from pathlib import Path

import numpy as np
import pytest
from dataset_cases import source as opened

from nashgan.data import sines
from nashgan.data.source import Source
from nashgan.metrics.fitted_sines import fit_sines
from nashgan.runtime.errors import UserError
from nashgan.spaces.series import LONGEST, MOST_CHANNELS


def load(name: str, base: Path, path: str = "data/own") -> Source:
    return opened(name, base, path=path)


def examples(source: Source) -> np.ndarray:
    return np.stack([np.asarray(example) for example in source.examples])


def test_sines_are_the_same_each_time_and_have_the_said_distributions(tmp_path: Path) -> None:
    source = load("sines", tmp_path)
    series = examples(source)
    assert np.array_equal(series, examples(load("sines", tmp_path)))
    assert series.shape == (source.count, *source.format.shape) and series.dtype == np.float32
    fitted = fit_sines(series[:500])
    for found, (low, high) in ((fitted.frequency, sines.FREQUENCIES), (fitted.amplitude, sines.AMPLITUDES)):
        assert low - 0.1 < found.min() < low + 0.2 and high - 0.2 < found.max() < high + 0.1
        assert found.mean() == pytest.approx((low + high) / 2, abs=0.2)
    assert fitted.residual.max() < 0.01


def test_a_row_of_a_csv_file_is_a_series(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(6, 9)).astype(np.float32)
    with (tmp_path / "own.csv").open("w", newline="") as file:
        csv.writer(file).writerows(values.tolist())
    source = load("series_file", tmp_path, "own.csv")
    assert np.array_equal(examples(source), values[:, :, None])
    assert source.format.shape == (9, 1) and source.origin["files"][0]["name"] == "own.csv"


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (2, 4), (2, LONGEST), (2, 4, MOST_CHANNELS)])
def test_arrays_have_one_channel_or_several(tmp_path: Path, shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).normal(size=shape)
    np.save(tmp_path / "own.npy", values)
    series = examples(load("series_file", tmp_path, "own.npy"))
    np.testing.assert_allclose(series, values.reshape(*shape[:2], -1), rtol=1e-6)


def test_channels_of_very_different_units_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    series = np.random.default_rng(0).normal(size=(20, 9, 2)) * [1, 300]
    np.save(tmp_path / "own.npy", series)
    load("series_file", tmp_path, "own.npy")
    assert "channel 1 will hardly be learned, so scale both alike before" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "data.path: .* is no file; name a .npy or .csv file"),
        ("", "must be rows of numbers"),
        ("1,2,3,4\n1,2,nan,4\n", "line 2 has a number that is missing.*repair or remove"),
        ("1,2,3,4\n1,2,,4\n1,2,3,4\n", r"line 2 has a number that is missing.*\(1 such rows\); repair or remove"),
        ("1,2,3,4\n1,2,inf,4\n", "line 2 has a number that is .*infinite"),
        ("1,2,3,4\n1,2,3,4\n1,2,3\n", "line 3 has 3 columns, line 1 has 4"),
        ("1,2,3,4\n1,2,x,4\n", "line 2: 'x' is no number.*; data.path names"),
        ("1,2,3\n4,5,6\n", r"4 to \d+ positions.*is \(2, 3, 1\); cut or join the series"),
        (",".join(["1"] * (LONGEST + 1)) + "\n", rf"4 to {LONGEST} positions.*is \(1, {LONGEST + 1}, 1\)"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / "own.csv").write_text(text)
    with pytest.raises(UserError, match=says) as caught:
        load("series_file", tmp_path, "own.csv")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("shape", [(8,), (3, 3), (3, 8, MOST_CHANNELS + 1), (3, 8, 0), (2, 4, 2, 2)])
def test_arrays_of_other_shapes_are_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.save(tmp_path / "own.npy", np.zeros(shape))
    with pytest.raises(UserError, match=r"own\.npy: must be"):
        load("series_file", tmp_path, "own.npy")
