import math
from datetime import datetime

import pytest

from nashgan.pages.text import count, duration, moment, number, shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (24.913, "24.9"),
        (0.0873, "0.0873"),
        (5.0, "5.00"),
        (0.0, "0.00"),
        (12345.6, "12,346"),
        (-3.14159, "-3.14"),
        (3e-7, "3.00e-07"),
        (None, "not finite"),
        (math.nan, "not finite"),
        (-math.inf, "not finite"),
    ],
)
def test_number(value: float | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.6, "1 min 0 s"), (148.2, "2 min 28 s"), (18_600, "5 h 10 min")]
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text
    assert duration(math.nan) == "an unknown time"


def test_count_and_moment() -> None:
    assert count(320_000) == "320,000"
    assert moment(datetime.fromisoformat("2026-01-02T03:04:05+02:00")) == "2026-01-02 01:04 UTC"
    assert moment(datetime(2026, 1, 2, 3, 4, 5)) == "2026-01-02 03:04 UTC"  # no zone is named


def test_shown() -> None:
    assert [shown(value) for value in (None, True, 2e-4, 320_000, 64, [], ["a", 1], {"k": 1.5})] == [
        *("null", "true", "0.0002", "320,000", "64", "none", "a, 1", "k: 1.5")
    ]
    assert shown("https://user:secret@host/path") == "https://host/path"
