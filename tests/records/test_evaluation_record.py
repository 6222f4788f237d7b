"""reports/evaluation.json: numbers that are not finite, faults that are named, intervals that overlap."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nashgan.records.evaluation import Metric, overlap, parse_evaluation, read_evaluation, write_evaluation
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import read_json


@pytest.mark.parametrize("number", [None, float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_not_finite_is_null(tmp_path: Path, number: float | None) -> None:
    path = tmp_path / "evaluation.json"
    ends = None if number is None else (1.0, number)
    metric = Metric(value=number, floor=number, interval=ends, floor_interval=ends, protocol="p", samples=2)
    write_evaluation(path, {"fid": metric})
    expected = {"value": None, "interval": None, "protocol": "p", "floor": None, "floor_interval": None, "samples": 2}
    assert read_json(path, "") == {"fid": expected}
    found = read_evaluation(path)["fid"]
    assert (found.value, found.floor, found.interval, found.floor_interval) == (None, None, None, None)
    assert not found.like_real and not found.like_raw


def test_not_finite_numbers_of_other_programs_are_null_too() -> None:
    content = b'{"fid": {"value": NaN, "floor": Infinity, "interval": [NaN, 1], "protocol": "p", "samples": 2}}'
    found = parse_evaluation(content, "x")["fid"]
    assert (found.value, found.floor, found.interval) == (None, None, None)


def test_only_what_was_set_is_written(tmp_path: Path) -> None:
    path = tmp_path / "evaluation.json"
    write_evaluation(path, {"kid": Metric.model_validate({"value": 1, "protocol": "p", "samples": 2, "subsets": 100})})
    assert read_json(path, "") == {"kid": {"value": 1.0, "protocol": "p", "samples": 2, "subsets": 100}}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"not json", "not readable as JSON"),
        (b"[" * 100_000, "not readable as JSON"),
        (b"[1]", "Input should be a valid dictionary"),
        (b'{"fid": {"value": "x", "protocol": "p", "samples": 2}}', "fid.value"),
        (b'{"fid": {"value": 1, "samples": 2}}', "fid.protocol: Field required"),
        (b'{"fid": {"value": 1, "protocol": "p"}}', "fid.samples: Field required"),
        (b'{"fid": {"value": 1, "protocol": "p", "samples": 2, "interval": [2, 1]}}', "ends before it begins"),
        (b'{"fid": {"value": 1, "protocol": "p", "samples": 2, "interval": [null, 1]}}', "fid.interval.0"),
    ],
)
def test_a_broken_evaluation_is_one_line_that_says_where(content: bytes, fault: str) -> None:
    with pytest.raises(UserError, match=r"^hinge: reports/evaluation.json: \w") as raised:
        parse_evaluation(content, "hinge: reports/evaluation.json")
    assert fault in str(raised.value)
    assert str(raised.value).endswith("; run `dvc repro evaluate` there") and "\n" not in str(raised.value)


numbers = st.floats(-1e6, 1e6)
intervals = st.tuples(numbers, numbers).map(lambda ends: (min(ends), max(ends)))


@given(intervals, intervals)
def test_overlap_is_a_common_point_and_symmetric(one: tuple[float, float], other: tuple[float, float]) -> None:
    common = max(one[0], other[0]) <= min(one[1], other[1])
    assert overlap(one, other) == overlap(other, one) == common
    assert overlap(one, one)
    assert not overlap(one, None) and not overlap(None, one)


@given(intervals, st.floats(0.001, 1e6))
def test_an_interval_moved_by_more_than_its_length_does_not_overlap(one: tuple[float, float], gap: float) -> None:
    length = one[1] - one[0]
    moved = (one[1] + gap, one[1] + gap + length)
    assert not overlap(one, moved)
    assert overlap(one, (one[1], one[1] + gap))  # ends that touch are a common point
