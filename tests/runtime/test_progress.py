"""Progress: nothing of short work, a bar in a terminal, lines elsewhere."""

import io
import sys

import pytest

from nashgan.runtime import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("shown", [io.StringIO, Terminal])
@pytest.mark.parametrize("seconds", [0.5, 3.0])
def test_only_long_work_is_shown(monkeypatch: pytest.MonkeyPatch, shown: type[io.StringIO], seconds: float) -> None:
    stream, now = shown(), [0.0]
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    with progress.progress("radii", 10, unit="vectors") as advance:
        for _ in range(10):
            now[0] += seconds / 10
            advance(1, loss=0.5)
    assert ("radii" in stream.getvalue()) == (seconds > 2)


def test_work_that_goes_back_is_shown_without_a_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, now = io.StringIO(), [0.0]
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    with progress.progress("train", 640, unit="img", start=64) as advance:
        now[0] += 100
        advance(-64)
    assert stream.getvalue().splitlines()[0] == "train: 0/640 img"


def test_a_log_has_at_most_ten_lines_on_the_way_however_long_the_work_is(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, now = io.StringIO(), [0.0]
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    with progress.progress("train", 1000) as advance:
        for _ in range(1000):
            now[0] += 60
            advance(1)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 11 and lines[-1] == "train: 1,000/1,000 img in 60000.0 s"


def test_quiet_work_shows_neither_progress_nor_notes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(progress.QUIET, "1")
    monkeypatch.setattr(progress, "SHORT", 0.0)
    with progress.progress("train", 2) as advance:
        advance(2)
    progress.note("train: goes on")
    assert capsys.readouterr().err == ""
